// @ts-check
// Texts that would act if a page ever took them for markup, script, style or a template. Each sets `window.ran` if it runs.
const RUN = "window.ran=1";

const plain = [
  `<script>${RUN}</script>`, `<SCRIPT SRC=data:text/javascript,${RUN}></SCRIPT>`, `<scr<script>ipt>${RUN}</scr</script>ipt>`, `"><script>${RUN}</script>`, `'><script>${RUN}</script>`,
  `</title><script>${RUN}</script>`, `</textarea><script>${RUN}</script>`, `</style><script>${RUN}</script>`, `--><script>${RUN}</script>`, `]]><script>${RUN}</script>`, `<script type=module>${RUN}</script>`,
  `<script\n>${RUN}</script\n>`, `<script/x>${RUN}</script>`, `\u0000<script>${RUN}</script>`.replace("\u0000", "\ufeff"), `<svg><script>${RUN}</script></svg>`, `<math><mtext><script>${RUN}</script>`,
];
const handlers = [
  "img src=x onerror", "img src onerror", "image src=x onerror", "svg onload", "svg/onload", "body onload", "iframe onload", "video src=x onerror", "audio src=x onerror", "input autofocus onfocus", "select autofocus onfocus",
  "textarea autofocus onfocus", "details open ontoggle", "marquee onstart", "object data=x onerror", "embed src=x onerror", "link rel=stylesheet href=x onerror", "style onload", "a autofocus tabindex=1 onfocus",
  "button autofocus onfocus", "div onpointerenter", "form oninput", "keygen autofocus onfocus", "dialog open onclose", "xss onclick", "p style=animation-name:rise onanimationstart",
].map((tag) => `<${tag}=${RUN}>`);
const quoted = ["\"", "'", "`", "\\\"", "&quot;", "&#34;", "\u2028"].map((quote) => `${quote} onfocus=${RUN} autofocus x=${quote}`);
const links = [
  `javascript:${RUN}`, `JaVaScRiPt:${RUN}`, `java\tscript:${RUN}`, `&#106;avascript:${RUN}`, `data:text/html,<script>${RUN}</script>`, `vbscript:${RUN}`, `<a href="javascript:${RUN}">x</a>`, `<iframe srcdoc="<script>parent.ran=1</script>">`,
  `<meta http-equiv=refresh content="0;url=javascript:${RUN}">`, `<base href="//example.invalid/">`, `//example.invalid/x.js`,
];
const templates = [`\${${RUN}}`, `{{constructor.constructor('${RUN}')()}}`, `{${RUN}}`, `<%= ${RUN} %>`, `#{${RUN}}`, `[[${RUN}]]`, `{% if ${RUN} %}`, `';${RUN};//`, `";${RUN};//`, `\\u003cscript\\u003e${RUN}\\u003c/script\\u003e`, `%3Cscript%3E${RUN}%3C/script%3E`];
const styles = [`<style>@import'x'</style>`, `</style><style>*{background:url(javascript:${RUN})}</style>`, `x;background:url(javascript:${RUN})`, `expression(${RUN})`];

export const PAYLOADS = [...plain, ...handlers, ...quoted, ...links, ...templates, ...styles];
