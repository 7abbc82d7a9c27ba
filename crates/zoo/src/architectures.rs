//! The catalogue of architectures: one file each, and the one place where a name becomes a type.

/// Takes a network that is generic over its code size at the one that is asked for, and makes something of it: by default
/// the network itself.
macro_rules! at_each_code_size {
    ($code:expr, $network:ident) => {
        at_each_code_size!($code, $network, Box::new, default)
    };
    ($code:expr, $network:ident, $of:expr, $make:ident) => {
        match $code {
            2 => Ok($of($network::<2>::$make())),
            4 => Ok($of($network::<4>::$make())),
            8 => Ok($of($network::<8>::$make())),
            10 => Ok($of($network::<10>::$make())),
            16 => Ok($of($network::<16>::$make())),
            30 => Ok($of($network::<30>::$make())),
            32 => Ok($of($network::<32>::$make())),
            64 => Ok($of($network::<64>::$make())),
            128 => Ok($of($network::<128>::$make())),
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

use spec::Model;
use spec::catalogue::{Architecture, SIDE};

pub(crate) use at_each_code_size;

use crate::error::Error;
use crate::face::Trainable;
use crate::network::Classifiable;

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

        /// Builds the classifier that a spec's encoder becomes, every parameter 0: a layer on top of the code, linear or not,
        /// writes 10 logits. Its encoder has the layout of the network's, and its outputs are what it decodes codes to.
        ///
        /// # Errors
        /// When the encoder is no chain of dense layers, or the catalogue has no such code size, which a validated spec
        /// rules out.
        pub fn classifier(model: Model) -> Result<Box<dyn Trainable>, Error> {
            let built: Result<Option<Box<dyn Trainable>>, Error> = match model.architecture {
                $(Architecture::$architecture => at_each_code_size!(model.code, $architecture, std::convert::identity, classifier),)+
            };
            built?.ok_or(Error::Classifier { architecture: model.architecture.name() })
        }
    };
}

spec::architectures!(builder);

/// What there is for images of other sides: `Architecture::code_sizes` has the same list.
fn at_another_side(model: Model) -> Result<Box<dyn Trainable>, Error> {
    match (model.architecture, model.side, model.code) {
        (Architecture::Plain, 56, 32) => Ok(Box::new(plain::Plain::<32, 3136>::default())),
        (Architecture::Plain, 112, 32) => Ok(Box::new(plain::Plain::<32, 12_544>::default())),
        (_, side, code) => Err(Error::Side { side, code }),
    }
}
