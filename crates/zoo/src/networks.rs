//! The networks that are compiled into a program, by their forms.

use std::path::Path;

use spec::{Form, Model, network};

use crate::discriminator::Discriminator;
use crate::error::Error;
use crate::file;
use crate::judge::Judge;
use crate::kind::AnyPerceptron;
use crate::traits::Trainable;

/// A network of a type that was compiled, every parameter 0.
pub enum Built {
    /// An autoencoder, or a classifier that its encoder becomes.
    Trainable(Box<dyn Trainable>),
    /// A chain that stands alone.
    Perceptron(Box<dyn AnyPerceptron>),
}

/// What makes networks of the types that are compiled into a program. A program hands it on as an argument.
#[derive(Clone, Copy)]
pub struct Networks {
    build: fn(&str) -> Option<Built>,
}

impl Networks {
    /// Takes the function that builds a network from the text of its [`Form`], if its type was compiled.
    pub const fn new(build: fn(&str) -> Option<Built>) -> Self {
        Self { build }
    }

    fn trainable(&self, form: &Form) -> Result<Box<dyn Trainable>, Error> {
        match (self.build)(&form.to_string()) {
            Some(Built::Trainable(network)) => Ok(network),
            _ => Err(Error::NotCompiled { form: form.to_string() }),
        }
    }

    fn perceptron(&self, form: &Form) -> Result<Box<dyn AnyPerceptron>, Error> {
        match (self.build)(&form.to_string()) {
            Some(Built::Perceptron(perceptron)) => Ok(perceptron),
            _ => Err(Error::NotCompiled { form: form.to_string() }),
        }
    }

    /// The network of a model, every parameter 0.
    ///
    /// # Errors
    /// As all of these: when its type is not compiled into this program.
    pub fn build(&self, model: &Model) -> Result<Box<dyn Trainable>, Error> {
        self.trainable(&model.network.form())
    }

    /// The small autoencoders that a network can be pretrained as, bottom first, every parameter 0.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn stages(&self, model: &Model) -> Result<Vec<Box<dyn Trainable>>, Error> {
        model.network.stages().iter().map(|form| self.trainable(form)).collect()
    }

    /// The classifier of so many classes that a model's encoder becomes, every parameter 0. Its encoder has the layout of the
    /// network's, and its outputs are what it decodes codes to.
    ///
    /// # Errors
    /// As [`build`](Self::build), and when the encoder is no chain of dense layers, which a validated spec rules out.
    pub fn classifier(&self, model: &Model, classes: usize) -> Result<Box<dyn Trainable>, Error> {
        let form = model.network.classifier(classes).ok_or_else(|| Error::Classifier { network: model.name() })?;
        self.trainable(&form)
    }

    /// The discriminator of a model's codes, every parameter 0.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn discriminator(&self, model: &Model) -> Result<Discriminator, Error> {
        self.perceptron(&model.network.discriminator()).map(Discriminator::new)
    }

    /// What judges samples of rows of so many values, every parameter 0.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn judge(&self, values: usize, classes: usize) -> Result<Judge, Error> {
        self.perceptron(&network::judge(values, classes)).map(Judge::new)
    }

    /// Reads the parameters of a model from a file.
    ///
    /// # Errors
    /// As [`build`](Self::build), and when the file cannot be read, is not what was written, or lacks a tensor of the right
    /// type and shape.
    pub fn load(&self, model: &Model, path: &Path) -> Result<Box<dyn Trainable>, Error> {
        file::read(self.build(model)?, path)
    }

    /// Reads the parameters of the classifier that a model's encoder became.
    ///
    /// # Errors
    /// As [`load`](Self::load) and [`classifier`](Self::classifier).
    pub fn load_classifier(&self, model: &Model, classes: usize, path: &Path) -> Result<Box<dyn Trainable>, Error> {
        file::read(self.classifier(model, classes)?, path)
    }
}
