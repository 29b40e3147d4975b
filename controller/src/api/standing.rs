//! Whether somebody who was let in may still be here: for connections that stay open while sessions end and rights are taken.

use super::identity_desk::IdentityDesk;
use super::principal::{Known, Principal};
use controller_identity::Rights;
use std::time::Duration;
use tokio::time::timeout;

/// Sessions and tokens also end because time passes; they are looked at this often where nothing has changed.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// With which code and words a connection is closed: whoever comes again is asked anew who he is and what he may.
const OVER: (u16, &str) = (4401, "the session is over");
const OTHER_RIGHTS: (u16, &str) = (4401, "the rights have changed");

/// Somebody's standing. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Standing {
    identity: IdentityDesk,
    principal: Principal,
}

impl Standing {
    pub(crate) fn new(identity: IdentityDesk, principal: Principal) -> Self {
        Self { identity, principal }
    }

    /// Done when the session has ended or is locked, the token is worth nothing, or the rights are others than when the connection was
    /// made. Gives code and words to close with.
    pub(crate) async fn over(&self) -> (u16, &'static str) {
        let mut changed = self.identity.changed();
        loop {
            changed.borrow_and_update();
            match self.rights_now().await {
                None => return OVER,
                Some(rights) if rights != self.principal.rights => return OTHER_RIGHTS,
                Some(_) => {}
            }
            // The desk lives as long as whoever asks it.
            let _ = timeout(LOOK_EVERY, changed.changed()).await;
        }
    }

    async fn rights_now(&self) -> Option<Rights> {
        match &self.principal.known {
            Known::Local | Known::Nobody => Some(self.principal.rights.clone()),
            Known::Token { id } => {
                let now = self.identity.now();
                let find = |directory: &controller_identity::Directory| {
                    let token = directory.tokens().find(|token| token.id == *id && token.expires > now)?;
                    Some(token.rights())
                };
                self.identity.look(find).await
            }
            Known::Session { secret, .. } => {
                let secret = secret.clone();
                let session = self.identity.change(move |directory, now| {
                    let (user, session) = directory.session(&secret, false, now)?;
                    Ok((!session.locked).then(|| user.rights()))
                });
                session.await.ok().flatten()
            }
        }
    }
}
