//! What others say when something cannot be done, in the designer's language: nobody who works in Chinese reads English.

use crate::app::OpenError;
use crate::words::Language;
use layouts::Words;
use node::StillError;

/// Why a picture is missing or wrong.
pub(crate) fn still(error: &StillError) -> Words {
    let zh = match error {
        StillError::NoSuchPlace => "这个场景没有这样的墙或屏幕".to_owned(),
        StillError::Source { source_id, why: _ } => format!("信号源 {source_id}：文件读不到"),
        StillError::Decode { source_id, why: _ } => format!("信号源 {source_id}：文件无法解码"),
        StillError::Asset(why) => format!("窗口里的图片或地图读不到：{why}"),
        StillError::Template(why) => format!("图形模板画不出来：{why}"),
        StillError::Compose(why) => format!("画面合成失败：{why}"),
        StillError::Display(why) => format!("合成器无法启动：{why}"),
    };
    Words { zh, en: error.to_string() }
}

/// Why a document cannot be opened.
pub(crate) fn opening(error: &OpenError, language: Language) -> String {
    match (language, error) {
        (_, OpenError::File(error)) => error.say(language),
        (Language::Chinese, OpenError::Wrong(mistakes)) => match mistakes.list() {
            [first, ..] => format!("大厅文档有 {} 处错误。{}", mistakes.total(), first.chinese()),
            [] => "大厅文档有错误".to_owned(),
        },
        (Language::English, OpenError::Wrong(mistakes)) => match mistakes.list() {
            [first, ..] => format!("{mistakes}. Line {}: {first}", first.line),
            [] => mistakes.to_string(),
        },
        (_, OpenError::Live(error)) => {
            let (zh, en) = crate::live::refused(error);
            if language == Language::Chinese { zh } else { en }
        }
        (_, OpenError::Compose(error)) => still(error).get(language).to_owned(),
        (Language::Chinese, OpenError::Journal(why)) => format!("没法记录未保存的改动：{why}"),
        (Language::English, OpenError::Journal(_)) => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::FileError;
    use controller_client::AskError;
    use std::io::ErrorKind;

    #[test]
    fn whatever_keeps_a_document_from_being_opened_is_said_in_chinese() {
        let wrong = layouts::parse("version = 2", "hall.toml").unwrap_err();
        let all = [
            OpenError::File(FileError { path: "/hall.toml".into(), why: ErrorKind::NotFound.into() }),
            OpenError::Wrong(Box::new(wrong)),
            OpenError::Compose(StillError::NoSuchPlace),
            OpenError::Journal(ErrorKind::StorageFull.into()),
            OpenError::Live(AskError::Unreadable("no JSON".to_owned())),
        ];
        for error in all {
            let (zh, en) = (opening(&error, Language::Chinese), opening(&error, Language::English));
            assert!(zh.chars().any(|c| ('一'..='龥').contains(&c)), "{zh}");
            assert!(en.is_ascii(), "{en}");
        }
    }
}
