//! The table of endpoints: each with who may, what goes in and out, and words for people. A path without a row is refused, and a test
//! compares the rows with the routers.

use super::account::{PasswordForm, SessionLine, SetUpForm, SignInForm, UnlockForm};
use super::audit_log::{AuditPage, AuditQuery, AuditWhole};
use super::health::{Ready, Well};
use super::people::{NewUserForm, PageQuery, TokenForm, TokenLine, TokenMade, UserForm, UserLine};
use super::route::{Route, Verb};
use super::shape::{shape, shape_of_both, shapes_of};
use super::watch::{WatchQuery, What};
use crate::data::{
    AlarmLine, EventLine, EventsQuery, FeedLine, ListedRule, LogLine, LogQuery, MapQuery, MapView, Pushed,
    QueryAnswer, ReportForm, RuleLine, Said, ScheduleLine, StepForm, Taken, TourLine, Who,
};
use crate::http::{IdentifyQuery, StampQuery, SyncQuery};
use crate::node_service::{Identified, SceneRecalled, StampSet};
use crate::preview::{LiveQuery, Screens, WidthQuery};
use crate::source_desk::{
    DiscoverForm, Discovered, Probe, RemoveQuery, SourceForm, StreamsForm, StreamsFound,
};
use crate::status::HallStatus;
use crate::sync_audit::SyncStatus;
use crate::wall_api::{
    BaseIn, ChangesIn, CloseQuery, OfIn, OfQuery, OpenFields, RecallIn, SetFields, StageIn, SwapIn, TakeIn,
    TurnIn,
};
use crate::wall_desk::{SourceLine, SourceQuery, WallLine, WindowsView};
use controller_identity::Act;
use serde_json::Value;

/// The rows of all parts. Whoever adds a router adds its rows here.
const TABLES: [&[Route]; 7] = [&SESSION, &PEOPLE, &HALL, &WALLS, &SOURCES, &PICTURES, &DATA];

/// Every endpoint.
pub(crate) fn routes() -> impl Iterator<Item = &'static Route> {
    TABLES.into_iter().flatten()
}

/// The row of an endpoint.
pub(crate) fn find(verb: Verb, path: &str) -> Option<&'static Route> {
    routes().find(|route| route.verb == verb && route.path == path)
}

/// What a record of the audit log means; `what` is a verb in capitals and a path, or a panel's order.
pub(crate) fn words_of(what: &str) -> Said {
    let found = routes().find(|route| {
        what.split_once(' ')
            .is_some_and(|(verb, path)| route.path == path && route.verb.as_str().eq_ignore_ascii_case(verb))
    });
    let found = found.map(|route| (route.zh, route.en)).or_else(|| crate::panels::words_of(what));
    match found {
        Some((zh, en)) => Said { zh: zh.to_owned(), en: en.to_owned() },
        None => Said { zh: what.to_owned(), en: what.to_owned() },
    }
}

const fn get(path: &'static str, act: Act, en: &'static str, zh: &'static str) -> Route {
    Route::new(Verb::Get, path, act, en, zh)
}

const fn post(path: &'static str, act: Act, en: &'static str, zh: &'static str) -> Route {
    Route::new(Verb::Post, path, act, en, zh)
}

const fn patch(path: &'static str, act: Act, en: &'static str, zh: &'static str) -> Route {
    Route::new(Verb::Patch, path, act, en, zh)
}

const fn delete(path: &'static str, act: Act, en: &'static str, zh: &'static str) -> Route {
    Route::new(Verb::Delete, path, act, en, zh)
}

const SESSION: [Route; 13] = [
    get("/healthz", Act::Open, "Say whether the controller runs", "控制器是否运行").json(shape::<Well>),
    get("/readyz", Act::Open, "Say whether the controller can do its work", "控制器是否就绪")
        .json(shape::<Ready>),
    get("/metrics", Act::Look, "Figures for Prometheus", "Prometheus 指标")
        .other("text/plain; version=0.0.4"),
    get("/v1/openapi.json", Act::Open, "This description of the API", "接口描述").json(shape::<Value>),
    get("/v1/docs", Act::Open, "The API as a page to read", "接口说明页").other("text/html"),
    get("/v1/session", Act::Account, "Say who is signed in", "查看当前会话").json(shape::<SessionLine>),
    post("/v1/session", Act::Open, "Sign in", "登录").body(shape::<SignInForm>).json(shape::<SessionLine>),
    delete("/v1/session", Act::Account, "Sign out", "退出登录"),
    post("/v1/session/lock", Act::Account, "Lock the session", "锁定会话"),
    post("/v1/session/unlock", Act::Account, "Open a locked session", "解锁会话").body(shape::<UnlockForm>),
    post("/v1/session/password", Act::Account, "Change the own password", "修改本人密码")
        .body(shape::<PasswordForm>)
        .json(shape::<SessionLine>),
    post("/v1/setup", Act::Open, "Make the first administrator", "创建首个管理员")
        .body(shape::<SetUpForm>)
        .json(shape::<SessionLine>)
        .touches(What::Users),
    get("/v1/watch", Act::Look, "Hear what changes, and who else is there", "监视变化与在线人员")
        .query(shape::<WatchQuery>)
        .socket(),
];

const PEOPLE: [Route; 10] = [
    get("/v1/users", Act::Administer, "List the users", "列出用户")
        .query(shape::<PageQuery>)
        .json(shapes_of::<UserLine>)
        .linked(),
    get("/v1/users/{user}", Act::Administer, "Look at a user", "查看用户").json(shape::<UserLine>).tagged(),
    post("/v1/users", Act::Administer, "Make a user known", "添加用户")
        .body(shape::<NewUserForm>)
        .json(shape::<UserLine>)
        .touches(What::Users)
        .tagged(),
    patch("/v1/users/{user}", Act::Administer, "Change a user", "修改用户")
        .body(shape::<UserForm>)
        .json(shape::<UserLine>)
        .touches(What::Users)
        .tagged()
        .conditional(),
    delete("/v1/users/{user}", Act::Administer, "Forget a user", "删除用户")
        .touches(What::Users)
        .conditional(),
    get("/v1/tokens", Act::Administer, "List the tokens", "列出令牌")
        .query(shape::<PageQuery>)
        .json(shapes_of::<TokenLine>)
        .linked(),
    post("/v1/tokens", Act::Administer, "Make a token", "创建令牌")
        .body(shape::<TokenForm>)
        .json(shape::<TokenMade>)
        .touches(What::Users),
    delete("/v1/tokens/{id}", Act::Administer, "End a token", "吊销令牌").touches(What::Users),
    get("/v1/audit", Act::Audit, "Read the audit log", "查看审计日志")
        .query(shape::<AuditQuery>)
        .json(shape::<AuditPage>),
    post("/v1/audit/verify", Act::Audit, "Prove that the audit log was not altered", "校验审计日志")
        .json(shape::<AuditWhole>)
        .quiet(),
];

const HALL: [Route; 5] = [
    get("/v1/status", Act::Look, "Say how the hall is", "查看运行状态").json(shape::<HallStatus>),
    get("/v1/sync", Act::Look, "Say how well the screens agree", "查看同步情况")
        .query(shape::<SyncQuery>)
        .json(shape::<SyncStatus>),
    post("/v1/scene/{id}", Act::Operate, "Bring a scene on its wall", "调用场景")
        .body(shape::<RecallIn>)
        .json(shape::<SceneRecalled>)
        .touches(What::Walls),
    post("/v1/stamp/{wall}", Act::Operate, "Show or hide the sync stamp", "显示或隐藏同步戳")
        .query(shape::<StampQuery>)
        .json(shape::<StampSet>)
        .touches(What::Walls),
    post(
        "/v1/walls/{wall}/identify",
        Act::Operate,
        "Show every screen's number on itself",
        "在屏幕上显示编号",
    )
    .query(shape::<IdentifyQuery>)
    .json(shape::<Identified>)
    .touches(What::Walls),
];

const WALLS: [Route; 14] = [
    get("/v1/walls", Act::Look, "List the walls", "列出大屏").json(shapes_of::<WallLine>),
    get("/v1/walls/{wall}/windows", Act::Look, "List the windows of a wall", "列出窗口")
        .query(shape::<OfQuery>)
        .json(shape::<WindowsView>)
        .tagged(),
    post("/v1/walls/{wall}/windows", Act::Operate, "Open a window", "打开窗口")
        .body(shape_of_both::<BaseIn, OpenFields>)
        .json(shape::<WindowsView>)
        .touches(What::Walls)
        .tagged()
        .conditional(),
    patch("/v1/walls/{wall}/windows/{window}", Act::Operate, "Change a window", "调整窗口")
        .body(shape_of_both::<BaseIn, SetFields>)
        .json(shape::<WindowsView>)
        .touches(What::Walls)
        .tagged()
        .conditional(),
    delete("/v1/walls/{wall}/windows/{window}", Act::Operate, "Close a window", "关闭窗口")
        .query(shape::<CloseQuery>)
        .json(shape::<WindowsView>)
        .touches(What::Walls)
        .tagged()
        .conditional(),
    post("/v1/walls/{wall}/swap", Act::Operate, "Swap two windows", "互换窗口")
        .body(shape::<SwapIn>)
        .json(shape::<WindowsView>)
        .touches(What::Walls)
        .tagged()
        .conditional(),
    post("/v1/walls/{wall}/changes", Act::Operate, "Change several windows at once", "批量调整窗口")
        .body(shape::<ChangesIn<Value>>)
        .json(shape::<WindowsView>)
        .touches(What::Walls)
        .tagged()
        .conditional(),
    post("/v1/walls/{wall}/undo", Act::Operate, "Take the last act back", "撤销")
        .body(shape::<TurnIn>)
        .json(shape::<WindowsView>)
        .touches(What::Walls)
        .tagged(),
    post("/v1/walls/{wall}/redo", Act::Operate, "Do the last act again", "重做")
        .body(shape::<TurnIn>)
        .json(shape::<WindowsView>)
        .touches(What::Walls)
        .tagged(),
    post("/v1/walls/{wall}/reset", Act::Operate, "Show the scene as it is written", "恢复场景原样")
        .body(shape::<OfIn>)
        .json(shape::<WindowsView>)
        .touches(What::Walls)
        .tagged(),
    post("/v1/walls/{wall}/stage", Act::Operate, "Put a scene on the stage, or clear it", "送入预监或清空")
        .body(shape::<StageIn>)
        .json(shape::<Option<WindowsView>>)
        .touches(What::Walls)
        .tagged(),
    post("/v1/walls/{wall}/take", Act::Operate, "Bring the stage on the wall", "预监播出")
        .body(shape::<TakeIn>)
        .json(shape::<WindowsView>)
        .touches(What::Walls)
        .tagged(),
    get("/v1/document", Act::Design, "The hall document with what was changed", "导出大厅文档")
        .other("application/toml"),
    get("/v1/sources", Act::Look, "Find sources", "查找信号源")
        .query(shape::<SourceQuery>)
        .json(shapes_of::<SourceLine>)
        .linked(),
];

const SOURCES: [Route; 7] = [
    get("/v1/sources/{source}", Act::Design, "A source as the document has it", "查看信号源配置")
        .json(shape::<SourceForm>)
        .tagged(),
    post("/v1/sources", Act::Design, "Add a source", "添加信号源")
        .body(shape::<SourceForm>)
        .json(shape::<SourceForm>)
        .touches(What::Sources)
        .tagged(),
    patch("/v1/sources/{source}", Act::Design, "Change a source", "修改信号源")
        .body(shape::<SourceForm>)
        .json(shape::<SourceForm>)
        .touches(What::Sources)
        .tagged()
        .conditional(),
    delete("/v1/sources/{source}", Act::Design, "Remove a source", "移除信号源")
        .query(shape::<RemoveQuery>)
        .touches(What::Sources)
        .conditional(),
    post("/v1/sources/probe", Act::Design, "Look at a source before it is kept", "探测信号源")
        .body(shape::<SourceForm>)
        .json(shape::<Probe>),
    post("/v1/sources/discover", Act::Design, "Ask the network for cameras", "搜索网络摄像机")
        .body(shape::<DiscoverForm>)
        .json(shape::<Discovered>),
    post("/v1/sources/streams", Act::Design, "Ask a camera for its streams", "读取摄像机码流")
        .body(shape::<StreamsForm>)
        .json(shape::<StreamsFound>),
];

const PICTURES: [Route; 7] = [
    get("/v1/walls/{wall}/preview", Act::Look, "See a wall live", "观看实时画面")
        .query(shape::<LiveQuery>)
        .socket(),
    get("/v1/walls/{wall}/screens", Act::Look, "Say where each screen lies", "查看屏幕位置")
        .json(shape::<Screens>),
    get("/v1/walls/{wall}/picture.png", Act::Look, "The whole wall's picture", "大屏截图")
        .query(shape::<WidthQuery>)
        .other("image/png"),
    get(
        "/v1/walls/{wall}/screens/{screen}/picture.png",
        Act::Look,
        "A screen's picture, every pixel",
        "屏幕截图",
    )
    .query(shape::<WidthQuery>)
    .other("image/png"),
    get("/v1/walls/{wall}/screens/{screen}/picture.jpg", Act::Look, "A screen's picture", "屏幕截图（JPEG）")
        .query(shape::<WidthQuery>)
        .other("image/jpeg"),
    get(
        "/v1/walls/{wall}/scenes/{scene}/thumbnail.jpg",
        Act::Look,
        "A scene as it would look now",
        "场景缩略图",
    )
    .query(shape::<WidthQuery>)
    .other("image/jpeg"),
    get("/v1/sources/{source}/thumbnail.jpg", Act::Look, "A source's newest picture", "信号源缩略图")
        .query(shape::<WidthQuery>)
        .other("image/jpeg"),
];

const DATA: [Route; 20] = [
    get("/v1/feeds", Act::Look, "Say how the feeds are", "查看数据源").json(shapes_of::<FeedLine>),
    post("/v1/feeds/{id}", Act::Push, "Deliver rows into a feed", "推送数据")
        .body(shape::<Value>)
        .json(shape::<Pushed>)
        .quiet(),
    get("/v1/events", Act::Look, "List the newest events", "列出事件")
        .query(shape::<EventsQuery>)
        .json(shapes_of::<EventLine>),
    post("/v1/events", Act::Operate, "Report an event", "上报事件")
        .body(shape::<ReportForm>)
        .json(shape::<Taken>)
        .touches(What::Events),
    post("/v1/events/verify", Act::Look, "Prove that no event was altered", "校验事件台账")
        .json(shape::<Value>)
        .quiet(),
    post("/v1/events/{id}/state", Act::Operate, "Let an event go on", "变更事件状态")
        .body(shape::<StepForm>)
        .json(shape::<Taken>)
        .touches(What::Events),
    get("/v1/events/{id}/photo", Act::Look, "An event's photo", "事件照片").other("image/*"),
    get("/v1/map", Act::Look, "A small map of a place", "查看地点地图")
        .query(shape::<MapQuery>)
        .json(shape::<MapView>),
    get("/v1/alarms", Act::Look, "Say which alarms are due", "列出告警").json(shapes_of::<AlarmLine>),
    post("/v1/alarms/{id}/acknowledge", Act::Operate, "End an alarm because it was seen", "确认告警")
        .query(shape::<Who>)
        .json(shape::<Value>)
        .touches(What::Alarms),
    get("/v1/tours", Act::Look, "Say how the tours are", "列出轮巡").json(shapes_of::<TourLine>),
    post("/v1/tours/{id}/pause", Act::Operate, "Hold a tour", "暂停轮巡")
        .query(shape::<Who>)
        .json(shape::<Value>)
        .touches(What::Tours),
    post("/v1/tours/{id}/resume", Act::Operate, "Let a tour go on", "继续轮巡")
        .query(shape::<Who>)
        .json(shape::<Value>)
        .touches(What::Tours),
    post("/v1/rules/{id}/pause", Act::Operate, "Let a rule rest", "暂停规则")
        .query(shape::<Who>)
        .json(shape::<RuleLine>)
        .touches(What::Log),
    post("/v1/rules/{id}/resume", Act::Operate, "Let a rule work again", "启用规则")
        .query(shape::<Who>)
        .json(shape::<RuleLine>)
        .touches(What::Log),
    post("/v1/schedules/{id}/pause", Act::Operate, "Let a schedule rest", "暂停计划")
        .query(shape::<Who>)
        .json(shape::<ScheduleLine>)
        .touches(What::Log),
    post("/v1/schedules/{id}/resume", Act::Operate, "Let a schedule work again", "启用计划")
        .query(shape::<Who>)
        .json(shape::<ScheduleLine>)
        .touches(What::Log),
    get("/v1/rules", Act::Look, "List rules and schedules", "列出规则").json(shapes_of::<ListedRule>),
    get("/v1/log", Act::Look, "Say why things happened, or did not", "查看规则日志")
        .query(shape::<LogQuery>)
        .json(shapes_of::<LogLine>),
    get("/v1/queries/{id}", Act::Look, "The newest answer to a query", "查看查询结果")
        .json(shape::<QueryAnswer>),
];

#[cfg(test)]
mod tests;
