//! Why a link ends, in kinds that both sides can log in plain words.

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $words:literal;)*) => {
        /// Why one side ends a link or refuses the other. Travels as a `Goodbye` and as the QUIC close code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
        pub enum Reason {
            $($(#[$doc])* #[error($words)] $name,)*
        }

        impl Reason {
            /// Every reason, in the order of its code.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The number on the wire.
            pub fn code(self) -> u32 {
                match self { $(Self::$name => $code,)* }
            }

            /// The reason that `code` stands for.
            pub fn from_code(code: u32) -> Option<Self> {
                match code { $($code => Some(Self::$name),)* _ => None }
            }
        }
    };
}

reasons! {
    /// The side ends its work in order.
    Shutdown = 0x7400, "the other side is shutting down";
    /// The peer speaks another protocol version.
    Version = 0x7401, "the two sides speak different protocol versions; update the older one";
    /// No hello came in time.
    HelloTimeout = 0x7402, "no hello came within 5 seconds";
    /// Nothing was heard for too long.
    Idle = 0x7403, "nothing was heard for 5 seconds";
    /// A message broke the protocol.
    Protocol = 0x7404, "a message broke the protocol";
    /// The same node connected again.
    Replaced = 0x7405, "the same node connected again and replaced this link";
    /// Too many links.
    Full = 0x7406, "too many connections";
    /// A fault inside the side that ends the link.
    Internal = 0x7407, "the other side failed inside; its log says more";
    /// The peer showed no certificate.
    NoCertificate = 0x7410, "the node showed no certificate; enrol it with `taibai join`";
    /// The certificate was made by another authority, is out of date or is for another use.
    BadCertificate = 0x7411, "the certificate is not valid in this hall: made by another authority, expired, or for another use";
    /// The certificate's name is not the node's.
    WrongNode = 0x7412, "the certificate belongs to another node than the one that is named";
    /// The certificate's role does not allow this.
    WrongRole = 0x7413, "the certificate's role does not allow this";
    /// The join token was never issued here.
    TokenUnknown = 0x7420, "the join token is not known here";
    /// The join token is too old.
    TokenExpired = 0x7421, "the join token has expired; make a new one";
    /// The join token was used before.
    TokenSpent = 0x7422, "the join token has been used already; make a new one";
    /// The join token was issued for another node or role.
    TokenForAnother = 0x7423, "the join token was made for another node or role";
    /// The signing request cannot be accepted.
    BadRequest = 0x7424, "the signing request is malformed";
}

#[cfg(test)]
mod tests {
    use super::Reason;

    #[test]
    fn codes_and_reasons_are_one_to_one() {
        for reason in Reason::ALL {
            assert_eq!(Reason::from_code(reason.code()), Some(*reason));
            assert!(!reason.to_string().is_empty());
        }
        assert_eq!(Reason::from_code(0), None);
    }
}
