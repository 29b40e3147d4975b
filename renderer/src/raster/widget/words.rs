//! What widgets say by themselves, in each of the wall's languages.

use super::svg::SvgError;
use super::templates::Why;
use layouts::Language;
use media::EventState;

use Language::{Chinese, English};

/// A quantity of time in its largest whole unit, as in "8 秒" or "8 s".
fn span(language: Language, seconds: u64) -> String {
    let (count, chinese, english) = match seconds {
        0..120 => (seconds, "秒", "s"),
        120..7_200 => (seconds / 60, "分钟", "min"),
        7_200..172_800 => (seconds / 3_600, "小时", "h"),
        _ => (seconds / 86_400, "天", "d"),
    };
    match language {
        Chinese => format!("{count} {chinese}"),
        English => format!("{count} {english}"),
    }
}

/// How old data is.
pub(super) fn data_age(language: Language, seconds: u32) -> String {
    let span = span(language, u64::from(seconds));
    match language {
        Chinese => format!("数据 {span}前"),
        English => format!("data {span} ago"),
    }
}

/// The same where there is room for a few letters only.
pub(super) fn short_age(language: Language, seconds: u32) -> String {
    span(language, u64::from(seconds))
}

/// Before the first data.
pub(super) fn waiting(language: Language) -> &'static str {
    match language {
        Chinese => "等待数据",
        English => "Waiting for data",
    }
}

/// When an answer has no rows.
pub(super) fn no_rows(language: Language) -> &'static str {
    match language {
        Chinese => "暂无数据",
        English => "No data",
    }
}

/// True or false.
pub(super) fn flag(language: Language, flag: bool) -> &'static str {
    match (language, flag) {
        (Chinese, true) => "是",
        (Chinese, false) => "否",
        (English, true) => "yes",
        (English, false) => "no",
    }
}

/// What is left over of a list.
pub(super) fn others(language: Language) -> &'static str {
    match language {
        Chinese => "其他",
        English => "Others",
    }
}

/// The heading of a state's column.
pub(super) fn state(language: Language, state: EventState) -> &'static str {
    match (language, state) {
        (Chinese, EventState::Reported) => "已上报",
        (Chinese, EventState::Verified) => "已核实",
        (Chinese, EventState::Dispatched) => "已派单",
        (Chinese, EventState::Handled) => "已处置",
        (Chinese, EventState::Closed) => "已办结",
        (English, EventState::Reported) => "Reported",
        (English, EventState::Verified) => "Verified",
        (English, EventState::Dispatched) => "Dispatched",
        (English, EventState::Handled) => "Handled",
        (English, EventState::Closed) => "Closed",
    }
}

/// The time that is left, or by how much it has been missed; `clock` is how long.
pub(super) fn left(language: Language, late: bool, clock: &str) -> String {
    match (language, late) {
        (Chinese, false) => format!("剩余 {clock}"),
        (Chinese, true) => format!("超时 {clock}"),
        (English, false) => format!("{clock} left"),
        (English, true) => format!("{clock} late"),
    }
}

/// Days of the week from Monday.
pub(super) fn weekday(language: Language, day: usize) -> &'static str {
    const CHINESE: [&str; 7] = ["星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"];
    const ENGLISH: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    match language {
        Chinese => CHINESE[day % 7],
        English => ENGLISH[day % 7],
    }
}

/// Months from January (0), in English.
pub(super) fn month(month: usize) -> &'static str {
    const NAMES: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    NAMES[month % 12]
}

/// A template that cannot be drawn: which one, where, and why.
pub(super) fn template_fault(language: Language, name: &str, line: Option<usize>, why: &str) -> String {
    match (language, line) {
        (Chinese, Some(line)) => format!("模板 {name} 第 {line} 行：{why}"),
        (Chinese, None) => format!("模板 {name}：{why}"),
        (English, Some(line)) => format!("Template {name}, line {line}: {why}"),
        (English, None) => format!("Template {name}: {why}"),
    }
}

/// Why a template is not filled; the engine's own words about a mistake are English, as its language is.
pub(super) fn template_why(language: Language, why: &Why) -> String {
    match (language, why) {
        (Chinese, Why::Steps) => "步骤过多，已停止".to_owned(),
        (English, Why::Steps) => "it takes too many steps".to_owned(),
        (Chinese, Why::Size) => "生成的图形过大".to_owned(),
        (English, Why::Size) => "its picture is too large".to_owned(),
        (Chinese, Why::Source) => "模板文件超过 256 KiB".to_owned(),
        (English, Why::Source) => "the file has more than 256 KiB".to_owned(),
        (_, Why::Mistake(words)) => words.clone(),
    }
}

/// Why a filled template is not drawn.
pub(super) fn svg_why(language: Language, error: &SvgError) -> String {
    match (language, error) {
        (English, error) => error.to_string(),
        (Chinese, SvgError::Broken { why, .. }) => why.clone(),
        (Chinese, SvgError::Element { element, .. }) => format!("不支持元素 <{element}>"),
        (Chinese, SvgError::Outside { target, .. }) => format!("不允许引用外部资源 {target}"),
        (Chinese, SvgError::Words) => "文字过多".to_owned(),
    }
}

/// A file of the media folder that is not there.
pub(super) fn missing_file(language: Language, path: &str) -> String {
    match language {
        Chinese => format!("找不到文件 {path}"),
        English => format!("{path} is not there"),
    }
}

/// A column without which a widget cannot be drawn.
pub(super) fn missing_column(language: Language, column: &str) -> String {
    match language {
        Chinese => format!("查询结果缺少列 {column}"),
        English => format!("the answer has no column {column}"),
    }
}

/// A picture that cannot be shown.
pub(super) fn bad_picture(language: Language) -> &'static str {
    match language {
        Chinese => "图片数据无法识别",
        English => "The picture cannot be read",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_said_in_their_largest_whole_unit() {
        assert_eq!(data_age(Chinese, 8), "数据 8 秒前");
        assert_eq!(data_age(English, 8), "data 8 s ago");
        assert_eq!(data_age(Chinese, 300), "数据 5 分钟前");
        assert_eq!(data_age(English, 7_200), "data 2 h ago");
        assert_eq!(data_age(English, 200_000), "data 2 d ago");
    }
}
