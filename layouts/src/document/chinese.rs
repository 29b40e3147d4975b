//! What is wrong with a document, in Chinese: each kind of mistake in a sentence, with the place and the document's own words.

use super::mistakes::Mistake;

impl Mistake {
    /// The mistake in Chinese, with its line; [`std::fmt::Display`] gives it in English and in more words.
    pub fn chinese(&self) -> String {
        let Self { line, column: _, offset: _, length: _, code, message, help: _ } = self;
        // The document's own words stand between backticks in the English message.
        let own: Vec<&str> = message.split('`').skip(1).step_by(2).take(2).collect();
        let own = if own.is_empty() { String::new() } else { format!("（{}）", own.join("、")) };
        format!("第 {line} 行{own}：{}", sentence(code).unwrap_or(message))
    }
}

/// A kind of mistake as a sentence; `None` for a kind that nobody has translated.
fn sentence(code: &str) -> Option<&'static str> {
    names_and_values(code).or_else(|| walls_and_scenes(code)).or_else(|| sources_and_data(code))
}

/// Mistakes of any key.
fn names_and_values(code: &str) -> Option<&'static str> {
    Some(match code {
        "syntax" => "不是合法的 TOML",
        "version" => "这个版本的大厅文档读不懂",
        "unknown-key" => "没有这个键",
        "missing-key" => "缺少必需的键",
        "optional-key" => "作为键的列不能为空",
        "wrong-kind" => "值的类型不对",
        "out-of-range" => "数值超出范围",
        "unknown-choice" => "没有这个选项",
        "unknown-reference" => "引用了文档里没有的东西",
        "duplicate-id" => "这个 id 用了两次",
        "duplicate-name" => "这个名字用了两次",
        "bad-id" => "名称只能用小写字母、数字和连字符",
        "contradiction" => "两处说法互相矛盾",
        "two-of-a-kind" => "只能写其中一个",
        "list-length" => "列表的项数不对",
        "entry-count" => "项数太多或太少",
        "text-length" => "文字太长或为空",
        "too-many" => "数量太多",
        "too-large" => "文档太大",
        "too-fine" => "数字的小数位太多",
        "control-character" => "含有控制字符",
        "not-plain" => "数字要写成普通形式",
        "secret-in-document" => "密码不能写在大厅文档里，请放进凭据文件",
        "ends-before" => "结束早于开始",
        "no-end" => "没有写到什么时候为止",
        "bad-time" => "不是时间",
        "bad-offset" => "不是时区偏移",
        "cron" => "不是合法的 cron 时间表",
        "bad-colour" => "不是颜色：写 #RRGGBB 或主题里的名称",
        _ => return None,
    })
}

/// Mistakes of walls, screens, scenes and windows.
fn walls_and_scenes(code: &str) -> Option<&'static str> {
    Some(match code {
        "no-screens" => "墙上没有屏幕",
        "screens-overlap" => "两块屏幕重叠",
        "bezels-overlap" => "两块屏幕的边框重叠",
        "output-taken" => "这个节点的输出口已经接了另一块屏幕",
        "bad-rotation" => "只能转 0、90、180 或 270 度",
        "pixels-not-square" => "像素不是正方形：分辨率和尺寸的比例不一致",
        "canvas-too-large" => "画布太大",
        "window-outside" => "窗口超出画布",
        "no-area" => "没有面积：宽和高必须大于 0",
        "no-grid" => "场景没有网格，不能按格放置",
        "no-room" => "网格放不下：间隔太大",
        "cell-outside" => "格子超出网格",
        "crop-outside" => "裁切超出画面",
        "cut-lasts" => "切换没有时长",
        "gauge-ends" => "仪表的起点必须小于终点",
        "threshold-order" => "阈值必须从小到大",
        "no-layers" => "地图没有图层",
        "bad-bounds" => "不是地图范围",
        "bad-position" => "不是经纬度",
        "bad-place" => "不是网格路径",
        "no-positions" => "没有一个信号源写了位置",
        "nothing-held" => "规则没有改变画面，也就没有要恢复的",
        "one-source" => "应当恰好有一个信号源",
        "columns-misplaced" => "columns 要和 table 一起写",
        "template" => "文字模板有错",
        _ => return None,
    })
}

/// Mistakes of sources, feeds, queries and rules.
fn sources_and_data(code: &str) -> Option<&'static str> {
    Some(match code {
        "no-endpoint" => "信号源没有地址",
        "two-endpoints" => "信号源有两个地址",
        "no-streams" => "没有码流",
        "streams-misplaced" => "这里不能写 streams",
        "rtp-misplaced" => "这里不能写 RTP 的键",
        "interface-misplaced" => "这里不能写 interface",
        "url" => "网址要拆成主机、端口和路径来写",
        "bad-host" => "不是主机名或地址",
        "bad-address" => "不是网络地址",
        "bad-path" => "不是 media 文件夹下的路径",
        "bad-mac" => "不是 MAC 地址",
        "bad-line" => "这一行文字和它的动作不符",
        "bad-mask" => "遮挡区域不对",
        "bad-topic" => "不是 MQTT 主题",
        "bad-database" => "不是数据库文件名",
        "bad-column" => "不是列名",
        "bad-sql" => "查询不是一条只读的 SELECT",
        "bad-expression" | "expression" => "表达式有错",
        "display-protocol" => "屏幕只能用一种方式开关",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_mistake_is_said_in_chinese() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/wrong");
        let mut kinds = std::collections::BTreeSet::new();
        for entry in std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()) {
            if entry.extension().is_some_and(|extension| extension == "toml") {
                let text = std::fs::read_to_string(&entry).unwrap();
                let wrong = crate::parse(&text, "hall.toml").err();
                for mistake in wrong.iter().flat_map(|wrong| wrong.list()) {
                    assert!(sentence(mistake.code).is_some(), "{} is not said in Chinese", mistake.code);
                    assert!(mistake.chinese().starts_with(&format!("第 {} 行", mistake.line)));
                    kinds.insert(mistake.code);
                }
            }
        }
        assert!(kinds.len() >= 60, "{} kinds", kinds.len());
        assert_eq!(sentence("no-such-kind"), None);
    }

    #[test]
    fn the_documents_own_words_are_shown() {
        let mistake = Mistake {
            line: 7,
            column: 1,
            offset: 0,
            length: 1,
            code: "no-area",
            message: "`rect_px = [0, 0, 0, 1]` has no area".to_owned(),
            help: String::new(),
        };
        assert_eq!(mistake.chinese(), "第 7 行（rect_px = [0, 0, 0, 1]）：没有面积：宽和高必须大于 0");
    }
}
