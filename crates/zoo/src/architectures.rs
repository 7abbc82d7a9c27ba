//! The catalogue of architectures: one file each, and the one place where a name becomes a type.

/// Builds a network that is generic over its code size at the one that is asked for.
macro_rules! at_each_code_size {
    ($code:expr, $network:ident) => {
        match $code {
            2 => Ok(Box::new($network::<2>::default())),
            4 => Ok(Box::new($network::<4>::default())),
            8 => Ok(Box::new($network::<8>::default())),
            10 => Ok(Box::new($network::<10>::default())),
            16 => Ok(Box::new($network::<16>::default())),
            30 => Ok(Box::new($network::<30>::default())),
            32 => Ok(Box::new($network::<32>::default())),
            64 => Ok(Box::new($network::<64>::default())),
            128 => Ok(Box::new($network::<128>::default())),
            code => Err(Error::CodeSize { code }),
        }
    };
}

mod deep;
mod linear;
mod plain;
mod recurrent;
mod shallow;
mod variational;
mod wide;

use experiment::catalogue::{Architecture, SIDE};
use experiment::spec::Model;

pub(crate) use at_each_code_size;

use crate::error::Error;
use crate::face::Trainable;

macro_rules! builder {
    ($($(#[$doc:meta])* $file:ident::$architecture:ident = $shape:expr,)+) => {
        $(pub use $file::$architecture;)+

        /// Builds the network a spec names, every parameter 0.
        ///
        /// # Errors
        /// When the catalogue has no such code size, or none for images of such a side, which a validated spec rules out.
        pub fn build(model: Model) -> Result<Box<dyn Trainable>, Error> {
            if model.side != SIDE {
                return at_another_side(model);
            }
            match model.architecture {
                $(Architecture::$architecture => at_each_code_size!(model.code, $architecture),)+
            }
        }
    };
}

experiment::architectures!(builder);

/// What there is for images of other sides: `Architecture::code_sizes` has the same list.
fn at_another_side(model: Model) -> Result<Box<dyn Trainable>, Error> {
    match (model.architecture, model.side, model.code) {
        (Architecture::Plain, 56, 32) => Ok(Box::new(plain::Plain::<32, 3136>::default())),
        (Architecture::Plain, 112, 32) => Ok(Box::new(plain::Plain::<32, 12_544>::default())),
        (_, side, code) => Err(Error::Side { side, code }),
    }
}
