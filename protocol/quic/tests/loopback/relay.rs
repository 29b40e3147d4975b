//! A UDP relay between one client and one server, whose wire can be cut.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::net::UdpSocket;

use crate::support::LOOPBACK;

pub struct Relay {
    /// Where clients connect.
    pub address: SocketAddr,
    cut: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<()>,
}

impl Relay {
    pub async fn start(server: SocketAddr) -> Self {
        let front = UdpSocket::bind(LOOPBACK).await.unwrap();
        let back = UdpSocket::bind(LOOPBACK).await.unwrap();
        back.connect(server).await.unwrap();
        let address = front.local_addr().unwrap();
        let cut = Arc::new(AtomicBool::new(false));
        let task = tokio::spawn(forward(front, back, cut.clone()));
        Self { address, cut, task }
    }

    /// From now on nothing passes, and nobody is told.
    pub fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn forward(front: UdpSocket, back: UdpSocket, cut: Arc<AtomicBool>) {
    let mut client = None;
    let (mut up, mut down) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            Ok((length, from)) = front.recv_from(&mut up) => {
                client = Some(from);
                if !cut.load(Ordering::SeqCst) {
                    let _ = back.send(&up[..length]).await;
                }
            }
            Ok(length) = back.recv(&mut down) => {
                if let Some(client) = client.filter(|_| !cut.load(Ordering::SeqCst)) {
                    let _ = front.send_to(&down[..length], client).await;
                }
            }
        }
    }
}
