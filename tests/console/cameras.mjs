// @ts-check
// Cameras of this machine's own network that answer ONVIF's question with any texts: name, hardware and place.
import { createSocket } from "node:dgram";

const PORT = 3702, GROUP = "239.255.255.250", OWN = "127.0.0.1";
/** The first camera's port; each has its own, by which it is told from the others. */
const FIRST = 8001;

/** One answer. @param {string} to the question's id @param {string} text @param {number} port */
function answer(to, text, port) {
  // What XML or a list of scopes would take for its own is written as in addresses.
  const word = encodeURIComponent(text).replaceAll("'", "%27");
  const scope = (/** @type {string} */ what) => `onvif://www.onvif.org/${what}/${word}`;
  return `<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><s:Header><a:RelatesTo>${to}</a:RelatesTo></s:Header><s:Body><d:ProbeMatches><d:ProbeMatch><d:Scopes>${scope("name")} ${scope("hardware")} ${scope("location")}</d:Scopes><d:XAddrs>http://${OWN}:${port}/onvif/device_service</d:XAddrs></d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>`;
}

/** Answers every question with one camera for each text, until it is closed. @param {readonly string[]} texts @returns {Promise<{ close: () => void }>} */
export function cameras(texts) {
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  socket.on("message", (bytes, from) => {
    const id = /MessageID[^>]*>([^<]+)</.exec(bytes.toString("utf8"))?.[1];
    if (!id) return;
    texts.forEach((text, i) => socket.send(answer(id, text, FIRST + i), from.port, from.address));
  });
  return new Promise((done, failed) => {
    socket.once("error", failed);
    socket.bind(PORT, () => {
      socket.addMembership(GROUP, OWN);
      done({ close: () => socket.close() });
    });
  });
}
