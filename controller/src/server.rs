//! The controller as a program: its addresses, nodes over QUIC and operators over HTTP.

use crate::authority::Authority;
use crate::bounded_listener::BoundedListener;
use crate::data::{DataService, DataSettings};
use crate::http::router;
use crate::node_service::NodeService;
use crate::panels::PanelDesk;
use crate::wall_desk::WallDesk;
use axum::serve::ListenerExt;
use controller_panels::Doors;
use layouts::Layout;
use protocol::Asset;
use protocol_quic::{ControlServer, Host};
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;

/// Why a controller cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ControllerError {
    /// The HTTP API would be reachable from outside, and it has no users yet.
    #[error("the command address {0} is not loopback; give --http a 127.x.x.x or [::1] address")]
    HttpNotLoopback(SocketAddr),
    /// The HTTP address is taken or not ours.
    #[error("the command address {address} cannot be used: {why}; is another controller running?")]
    Http {
        /// Which address.
        address: SocketAddr,
        /// The system's words.
        why: std::io::Error,
    },
    /// A door for panels cannot be opened.
    #[error(transparent)]
    Doors(#[from] controller_panels::DoorsError),
    /// The hall's authority cannot be opened.
    #[error(transparent)]
    Authority(#[from] protocol_quic::AuthorityError),
    /// The nodes' address is taken or not ours.
    #[error("the controller cannot listen for nodes at {address}: {why}; is another controller running?")]
    Bind {
        /// Which address.
        address: SocketAddr,
        /// What the endpoint says.
        why: protocol_quic::BindError,
    },
}

/// Where a controller keeps things and listens.
#[derive(Debug, Clone)]
pub struct ControllerOptions {
    /// Folder of the hall's authority and tokens.
    pub state: PathBuf,
    /// Where nodes connect.
    pub listen: SocketAddr,
    /// Where operators' commands arrive; loopback.
    pub http: SocketAddr,
    /// Where webhooks arrive besides, if anywhere: this address may be reached from outside.
    pub webhook_listen: Option<SocketAddr>,
    /// This program's version, told to nodes.
    pub software: String,
}

/// A controller that has its addresses and serves as soon as it is run.
pub struct Controller {
    service: NodeService,
    data: DataService,
    listener: TcpListener,
    hooks: Option<TcpListener>,
    doors: Doors,
    state: PathBuf,
    walls: WallDesk,
}

impl Controller {
    /// Takes the addresses, and makes the hall's authority in the state folder at first start.
    pub async fn bind(
        layout: Layout,
        document: String,
        assets: Vec<Asset>,
        options: &ControllerOptions,
        data: DataSettings,
    ) -> Result<Self, ControllerError> {
        if !options.http.ip().is_loopback() {
            return Err(ControllerError::HttpNotLoopback(options.http));
        }
        let bind = async |address| {
            TcpListener::bind(address).await.map_err(|why| ControllerError::Http { address, why })
        };
        let listener = bind(options.http).await?;
        let hooks = match options.webhook_listen {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        let doors = Doors::open(layout.control()).await?;
        let host = Host::system();
        let identities = Arc::new(protocol_quic::Authority::open(&host, &options.state)?);
        let server = ControlServer::bind(&host, options.listen, identities, &options.software)
            .map_err(|why| ControllerError::Bind { address: options.listen, why })?;
        let authority = Authority::new(layout.clone(), document.clone(), assets, host.wall());
        let service = NodeService::new(&host, server, authority);
        let data = DataService::new(&host, service.desk(), &layout, &options.state, data);
        let walls = WallDesk::new(&layout, document, service.desk(), data.desk().rules(), host.wall());
        Ok(Self { service, data, listener, hooks, doors, state: options.state.clone(), walls })
    }

    /// Serves until `stop` is done, then tells every node.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Self { service, data, listener, hooks, doors, state, walls } = self;
        let desk = data.desk();
        let app = router(service.desk(), desk.clone()).merge(crate::wall_api::router(walls));
        // A picture's last bytes would wait for the acknowledgement of those before them.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let http = tokio::spawn(async move { axum::serve(listener, app).await });
        let outside = crate::data::hooks(desk.clone());
        let hooks = hooks.map(|listener| {
            tokio::spawn(async move { axum::serve(BoundedListener::new(listener), outside).await })
        });
        let panels = PanelDesk::new(desk.clone());
        let doors = tokio::spawn(doors.run(panels.clone()));
        let telling = tokio::spawn(panels.keep_telling());
        let working = tokio::spawn(data.run(state));
        let pushed = desk.clone();
        service.run(move |push| pushed.take_push(push), stop).await;
        doors.abort();
        telling.abort();
        http.abort();
        hooks.iter().for_each(tokio::task::JoinHandle::abort);
        working.abort();
        desk.stop().await;
    }
}
