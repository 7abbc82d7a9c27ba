//! [`Networks`]: builds networks of the types that are compiled into a program.

use std::path::Path;

use spec::{Form, Model, network};

use crate::discriminator::Discriminator;
use crate::error::Error;
use crate::file;
use crate::judge::Judge;
use crate::kind::AnyPerceptron;
use crate::traits::Trainable;

/// A new network of a compiled type. Every parameter is 0.
pub enum Built {
    /// An autoencoder or a classifier.
    Trainable(Box<dyn Trainable>),
    /// A perceptron: the layers of a discriminator or a judge.
    Perceptron(Box<dyn AnyPerceptron>),
}

/// Builder of networks of the types that are compiled into a program. The program passes it on as an argument.
#[derive(Clone, Copy)]
pub struct Networks {
    build: fn(&str) -> Option<Built>,
}

impl Networks {
    /// Wraps a function from the text of a [`Form`] to a network. It returns none if the type is not compiled into the
    /// program.
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

    /// The network of a model. Every parameter is 0.
    ///
    /// # Errors
    /// When the type of the network is not compiled into this program.
    pub fn build(&self, model: &Model) -> Result<Box<dyn Trainable>, Error> {
        self.trainable(&model.network.form())
    }

    /// The small autoencoders of layer-wise pretraining, the outermost layers first. Every parameter is 0.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn stages(&self, model: &Model) -> Result<Vec<Box<dyn Trainable>>, Error> {
        model.network.stages().iter().map(|form| self.trainable(form)).collect()
    }

    /// The classifier of `classes` classes made of a model's encoder. Every parameter is 0. Its encoder has the same layout
    /// as that of the network, and its decoder returns logits.
    ///
    /// # Errors
    /// As [`build`](Self::build), and when the encoder is not a chain of dense layers. A validated spec excludes that.
    pub fn classifier(&self, model: &Model, classes: usize) -> Result<Box<dyn Trainable>, Error> {
        let form = model.network.classifier(classes).ok_or_else(|| Error::Classifier { network: model.name() })?;
        self.trainable(&form)
    }

    /// The discriminator of a model's codes. Every parameter is 0.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn discriminator(&self, model: &Model) -> Result<Discriminator, Error> {
        self.perceptron(&model.network.discriminator()).map(Discriminator::new)
    }

    /// The classifier of rows of `values` values that measures the quality of samples. Every parameter is 0.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn judge(&self, values: usize, classes: usize) -> Result<Judge, Error> {
        self.perceptron(&network::judge(values, classes)).map(Judge::new)
    }

    /// The network of a model, with the parameters of a model file.
    ///
    /// # Errors
    /// As [`build`](Self::build), and when the file cannot be read, is damaged, or lacks a tensor of the right type and
    /// shape.
    pub fn load(&self, model: &Model, path: &Path) -> Result<Box<dyn Trainable>, Error> {
        file::read(self.build(model)?, path)
    }

    /// The classifier made of a model's encoder, with the parameters of a model file.
    ///
    /// # Errors
    /// As [`load`](Self::load) and [`classifier`](Self::classifier).
    pub fn load_classifier(&self, model: &Model, classes: usize, path: &Path) -> Result<Box<dyn Trainable>, Error> {
        file::read(self.classifier(model, classes)?, path)
    }
}
