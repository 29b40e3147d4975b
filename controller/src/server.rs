//! The controller as a program: its addresses, nodes over QUIC and operators over HTTP.

use crate::api::{AuditDesk, Door, Gate, Hub, IdentityDesk, IdentityFault, behind, look};
use crate::authority::Authority;
use crate::bounded_listener::{BoundedListener, Remote};
use crate::console_tls::{ConsoleCertificate, ConsoleTlsError, TlsListener, server_config};
use crate::data::{DataService, DataSettings};
use crate::http::router;
use crate::memory::{Memory, Remembered};
use crate::node_service::NodeService;
use crate::panels::PanelDesk;
use crate::source_desk::{Opened, SourceDesk};
use crate::wall_desk::WallDesk;
use axum::Router;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use controller_panels::Doors;
use controller_store::{SqliteStore, StoreError, StoreLimits};
use layouts::Layout;
use layouts_edit::HallText;
use protocol::Asset;
use protocol_quic::{ControlServer, Host};
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Users, sessions, tokens, the audit log and what the hall remembers, in the state folder.
const STATE_FILE: &str = "state.db";

/// Why a controller cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ControllerError {
    /// The commands' address would be reachable from outside, and it asks for no credentials.
    #[error(
        "the command address {0} is not loopback; give --http a 127.x.x.x or [::1] address, and use --console for others"
    )]
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
    /// The state file cannot be opened.
    #[error(transparent)]
    State(#[from] StoreError),
    /// What the state file holds of users cannot be read.
    #[error("the users cannot be read: {0}")]
    Identity(#[from] IdentityFault),
    /// There is no randomness for the first administrator's link.
    #[error("the first administrator's link cannot be made")]
    Setup,
    /// The console's certificate is of no use.
    #[error(transparent)]
    ConsoleTls(#[from] ConsoleTlsError),
    /// The hall's authority cannot be opened.
    #[error(transparent)]
    Authority(#[from] protocol_quic::AuthorityError),
    /// The document is not what the layout was read from.
    #[error("the hall document cannot be read: {0}")]
    Document(Box<layouts::Mistakes>),
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
    /// Where this machine's own commands arrive; loopback.
    pub http: SocketAddr,
    /// Where people and other systems come, each with an account; may be reached from outside.
    pub console: SocketAddr,
    /// The names under which this machine is known there, besides its addresses and `localhost`.
    pub console_hosts: Vec<String>,
    /// With it the console speaks HTTPS only; without it plain HTTP.
    pub console_certificate: Option<ConsoleCertificate>,
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
    console: TcpListener,
    console_hosts: Vec<String>,
    console_tls: Option<Arc<rustls::ServerConfig>>,
    hooks: Option<TcpListener>,
    doors: Doors,
    state: PathBuf,
    walls: WallDesk,
    sources: SourceDesk,
    store: SqliteStore,
    gate: Gate,
    software: String,
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
        let console_tls = options.console_certificate.as_ref().map(server_config).transpose()?;
        let listener = bind(options.http).await?;
        let console = bind(options.console).await?;
        let hooks = match options.webhook_listen {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        let doors = Doors::open(layout.control()).await?;
        let host = Host::system();
        let identities = Arc::new(protocol_quic::Authority::open(&host, &options.state)?);
        let server = ControlServer::bind(&host, options.listen, identities, &options.software)
            .map_err(|why| ControllerError::Bind { address: options.listen, why })?;
        let store = SqliteStore::open(&options.state.join(STATE_FILE), StoreLimits::default()).await?;
        let (memory, Remembered { rules, walls: wall_acts }) =
            Memory::open(store.clone(), &options.state).await?;
        let file = HallText::parse(&document, "hall.toml").map_err(ControllerError::Document)?;
        let opened = Opened::new(file, crate::source_desk::load(&store).await?);
        let hall = opened.hall.clone();
        let text = hall.text();
        let authority =
            Authority::new(Layout::clone(text.layout()), text.text().to_string(), assets, host.wall());
        let service = NodeService::new(&host, server, authority);
        let kept = (memory.clone(), rules.as_ref());
        let data = DataService::new(&host, service.desk(), hall.clone(), &options.state, data, kept);
        let identity = IdentityDesk::open(&host, store.clone()).await?;
        let audit = AuditDesk::open(&host, store.clone()).await?;
        // Like the layout's revisions: those of an earlier run are known to be old.
        let hub = Hub::new(u64::try_from(host.wall().0 / 1_000_000).unwrap_or(0));
        let walls = WallDesk::new(
            hall.clone(),
            service.desk(),
            data.desk().rules(),
            (&memory, &wall_acts),
            host.wall(),
        );
        let rules = data.desk().rules();
        let sources = SourceDesk::new(opened, store.clone(), service.desk(), rules, walls.clone());
        let gate = Gate::new(identity, audit, hub, hall, Door::Local);
        let (console_hosts, software) = (options.console_hosts.clone(), options.software.clone());
        let state = options.state.clone();
        Ok(Self {
            service,
            data,
            listener,
            console,
            console_hosts,
            console_tls,
            hooks,
            doors,
            state,
            walls,
            sources,
            store,
            gate,
            software,
        })
    }

    /// Where commands and the console are reached: the ports are known also where the options left them to the system.
    pub fn addresses(&self) -> std::io::Result<(SocketAddr, SocketAddr)> {
        Ok((self.listener.local_addr()?, self.console.local_addr()?))
    }

    /// A path with a secret, behind the console's address, with which the first administrator makes himself known; `None` when somebody
    /// is known. Each call ends the link before. It is for a person's eyes: it belongs in no log.
    pub async fn setup_path(&self) -> Result<Option<String>, ControllerError> {
        let secret = self.gate.identity().offer_setup().await.map_err(|_| ControllerError::Setup)?;
        Ok(secret.map(|secret| format!("/#/setup?token={}", secret.reveal())))
    }

    /// Serves until `stop` is done, then tells every node.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Self {
            service,
            data,
            listener,
            console,
            console_hosts,
            console_tls,
            hooks,
            doors,
            state,
            walls,
            sources,
            store,
            gate,
            software,
        } = self;
        let (desk, data_desk) = (service.desk(), data.desk());
        let door = |door: Door| {
            let hall = router(desk.clone(), data_desk.clone())
                .merge(crate::wall_api::router(walls.clone()))
                .merge(crate::source_desk::router(sources.clone()));
            behind(&gate, door, hall, &desk, &data_desk, &software)
        };
        let hosts = console_hosts.into_iter().map(|host| host.to_ascii_lowercase()).collect();
        let listener = BoundedListener::new(listener);
        let mut serving = vec![serve(listener, door(Door::Local))];
        let at_console = door(Door::Console { hosts, encrypted: console_tls.is_some() });
        let console = BoundedListener::new(console);
        match console_tls {
            Some(config) => match TlsListener::new(console, config) {
                Ok(console) => serving.push(serve(console, at_console)),
                Err(error) => tracing::error!(%error, "the console's listener has no address"),
            },
            None => serving.push(serve(console, at_console)),
        }
        let outside = crate::data::hooks(data_desk.clone());
        serving.extend(hooks.map(|listener| serve(BoundedListener::new(listener), outside)));
        serving.push(tokio::spawn(look(gate.hub().clone(), desk.clone(), data_desk.clone())));
        let panels = PanelDesk::new(data_desk.clone(), gate.audit().clone());
        serving.push(tokio::spawn(doors.run(panels.clone())));
        serving.push(tokio::spawn(panels.keep_telling()));
        serving.push(tokio::spawn(data.run(state)));
        let pushed = data_desk.clone();
        service.run(move |push| pushed.take_push(push), stop).await;
        serving.iter().for_each(tokio::task::JoinHandle::abort);
        for ended in serving {
            let _ = ended.await;
        }
        data_desk.stop().await;
        drop((gate, walls, data_desk));
        if let Err(error) = store.close().await {
            tracing::error!(%error, "the state file was not closed in order");
        }
    }
}

/// Serves `app` to whoever comes.
fn serve<L>(listener: L, app: Router) -> JoinHandle<()>
where
    L: Listener<Addr = SocketAddr>,
    for<'a> Remote: Connected<IncomingStream<'a, L>>,
{
    let app = app.into_make_service_with_connect_info::<Remote>();
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, app).await {
            tracing::error!(%error, "a listener has ended");
        }
    })
}
