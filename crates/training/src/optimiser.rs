//! Optimisers of flat parameters, and the schedule of the learning rate.

use std::f64::consts::PI;

use spec::{Optimiser as Settings, Regularisation, Schedule};
use zoo::Layout;

use crate::engine::kernels::vectorised;

/// Moments and decayed weights below this are set to 0: arithmetic on denormal numbers is many times slower.
const FLUSH: f32 = 1e-30;

/// State of an optimiser: everything that its next step depends on besides parameters and gradient.
#[derive(Debug, Clone, PartialEq)]
pub struct Optimiser {
    settings: Settings,
    /// Number of steps taken.
    pub(crate) steps: u64,
    /// Adam's first moment of each parameter's gradient, or the velocity of momentum.
    pub(crate) first: Vec<f32>,
    /// Adam's second moment of each parameter's gradient; empty for momentum.
    pub(crate) second: Vec<f32>,
}

/// Parameters and their optimiser.
#[derive(Debug, Clone, PartialEq)]
pub struct Learner {
    /// The parameters, one flat list.
    pub parameters: Vec<f32>,
    /// The optimiser of the parameters.
    pub optimiser: Optimiser,
}

impl Learner {
    /// Parameters with an optimiser before its first step.
    pub fn new(parameters: Vec<f32>, optimiser: Settings) -> Self {
        let optimiser = Optimiser::new(optimiser, parameters.len());
        Self { parameters, optimiser }
    }

    /// Starts a step at the learning rate times `factor`: counts it, and returns the update of each parameter.
    pub(crate) fn begin<'a>(
        &'a mut self,
        regularisation: &Regularisation,
        factor: f32,
        gradient: &'a mut [f32],
    ) -> (Update, Slots<'a>) {
        let learning_rate = self.optimiser.learning_rate() * factor;
        self.optimiser.begin(regularisation, learning_rate, &mut self.parameters, gradient)
    }
}

/// One step of an optimiser with its constants computed. The update of a parameter depends on that parameter alone.
#[derive(Debug, Clone, Copy)]
pub struct Update {
    rule: Rule,
    l2: f32,
    /// Factor of a weight that weight decay leaves.
    kept: f32,
}

#[derive(Debug, Clone, Copy)]
enum Rule {
    /// `rate` and `scale` include the bias corrections of the moments.
    Adam {
        beta1: f32,
        beta2: f32,
        epsilon: f32,
        rate: f32,
        scale: f32,
    },
    Sgd {
        momentum: f32,
        rate: f32,
    },
}

/// Consecutive parameters, with everything that a step reads and writes of them.
#[derive(Debug)]
pub struct Slots<'a> {
    /// Values of the parameters.
    pub parameters: &'a mut [f32],
    /// Gradient of the parameters.
    pub gradient: &'a mut [f32],
    first: &'a mut [f32],
    second: &'a mut [f32],
}

impl<'a> Slots<'a> {
    /// Splits the first `count` parameters from the others.
    pub(crate) fn split_at(self, count: usize) -> (Self, Self) {
        let (parameters, parameters_after) = self.parameters.split_at_mut(count);
        let (gradient, gradient_after) = self.gradient.split_at_mut(count);
        let (first, first_after) = self.first.split_at_mut(count);
        let (second, second_after) = self.second.split_at_mut(count.min(self.second.len()));
        (
            Self { parameters, gradient, first, second },
            Self { parameters: parameters_after, gradient: gradient_after, first: first_after, second: second_after },
        )
    }
}

impl Optimiser {
    /// An optimiser before its first step on `parameters` parameters.
    pub fn new(settings: Settings, parameters: usize) -> Self {
        let second = match settings {
            Settings::Adam { .. } => parameters,
            Settings::Sgd { .. } => 0,
        };
        Self { settings, steps: 0, first: vec![0.0; parameters], second: vec![0.0; second] }
    }

    /// Learning rate without a schedule.
    pub(crate) const fn learning_rate(&self) -> f32 {
        self.settings.learning_rate()
    }

    /// The moments, with their names in a checkpoint.
    pub(crate) fn moments(&self) -> Vec<(&'static str, &Vec<f32>)> {
        match self.settings {
            Settings::Adam { .. } => vec![("adam.mean", &self.first), ("adam.square", &self.second)],
            Settings::Sgd { .. } => vec![("sgd.velocity", &self.first)],
        }
    }

    /// The moments, with their names in a checkpoint, mutable.
    pub(crate) fn moments_mut(&mut self) -> Vec<(&'static str, &mut Vec<f32>)> {
        match self.settings {
            Settings::Adam { .. } => vec![("adam.mean", &mut self.first), ("adam.square", &mut self.second)],
            Settings::Sgd { .. } => vec![("sgd.velocity", &mut self.first)],
        }
    }

    /// Starts a step: counts it, and returns the update of each parameter.
    pub fn begin<'a>(
        &'a mut self,
        regularisation: &Regularisation,
        learning_rate: f32,
        parameters: &'a mut [f32],
        gradient: &'a mut [f32],
    ) -> (Update, Slots<'a>) {
        self.steps += 1;
        let rule = match self.settings {
            Settings::Adam { beta1, beta2, epsilon, .. } => {
                // Computed in f64: in f32, 1 - 0.999^t loses half its digits for small t.
                let correction = |beta: f32| 1.0 - f64::from(beta).powf(self.steps as f64);
                Rule::Adam {
                    beta1,
                    beta2,
                    epsilon,
                    rate: (f64::from(learning_rate) / correction(beta1)) as f32,
                    scale: correction(beta2).sqrt().recip() as f32,
                }
            }
            Settings::Sgd { momentum, .. } => Rule::Sgd { momentum, rate: learning_rate },
        };
        let update = Update { rule, l2: regularisation.l2, kept: 1.0 - learning_rate * regularisation.weight_decay };
        (update, Slots { parameters, gradient, first: &mut self.first, second: &mut self.second })
    }
}

impl Update {
    /// Takes one step of weights, with their penalties.
    pub fn weights(&self, slots: Slots<'_>) {
        self.apply(self.l2, self.kept, slots);
    }

    /// Takes one step of biases, which have no penalties.
    pub fn biases(&self, slots: Slots<'_>) {
        self.apply(0.0, 1.0, slots);
    }

    /// Takes one step of every parameter, except decoder weights that are tied to the encoder's, and a frozen encoder.
    pub(crate) fn all(&self, layout: &Layout, tied: bool, frozen: bool, mut slots: Slots<'_>) {
        for (index, layer) in layout.layers.iter().enumerate() {
            let (weights, rest) = slots.split_at(layer.weight().len());
            let (biases, rest) = rest.split_at(layer.bias().len());
            let of_encoder = index < layout.encoder_layers;
            if !(tied && !of_encoder || frozen && of_encoder) {
                self.weights(weights);
            }
            if !(frozen && of_encoder) {
                self.biases(biases);
            }
            slots = rest;
        }
    }

    /// Adam (Kingma & Ba, 2015) with bias correction of both moments, or classical momentum: `velocity = momentum *
    /// velocity + gradient`.
    fn apply(&self, l2: f32, kept: f32, slots: Slots<'_>) {
        let Slots { parameters, gradient, first, second } = slots;
        let values = parameters.iter_mut().zip(gradient);
        match self.rule {
            Rule::Adam { beta1, beta2, epsilon, rate, scale } => vectorised(
                #[inline(always)]
                || {
                    for ((parameter, gradient), (mean, square)) in values.zip(first.iter_mut().zip(second)) {
                        let gradient = *gradient + l2 * *parameter;
                        *mean = flushed(beta1 * *mean + (1.0 - beta1) * gradient);
                        *square = flushed(beta2 * *square + (1.0 - beta2) * gradient * gradient);
                        let moved = kept * *parameter - rate * *mean / (square.sqrt() * scale + epsilon);
                        *parameter = flushed(moved);
                    }
                },
            ),
            Rule::Sgd { momentum, rate } => vectorised(
                #[inline(always)]
                || {
                    for ((parameter, gradient), velocity) in values.zip(first) {
                        let gradient = *gradient + l2 * *parameter;
                        *velocity = flushed(momentum * *velocity + gradient);
                        *parameter = flushed(kept * *parameter - rate * *velocity);
                    }
                },
            ),
        }
    }
}

#[inline(always)]
fn flushed(value: f32) -> f32 {
    if value.abs() < FLUSH { 0.0 } else { value }
}

/// Factor of the learning rate in an epoch. `epoch` counts from 0.
pub(crate) fn schedule_factor(schedule: Schedule, epoch: usize, epochs: usize) -> f32 {
    match schedule {
        Schedule::Constant => 1.0,
        Schedule::Cosine { final_fraction } => {
            let share = epoch as f64 / (epochs - 1).max(1) as f64;
            let fraction = f64::from(final_fraction);
            (fraction + (1.0 - fraction) * 0.5 * (1.0 + (PI * share).cos())) as f32
        }
        Schedule::Step { every, factor } => f64::from(factor).powf((epoch / every) as f64) as f32,
    }
}

/// Factor of the learning rate in a step, which rises to 1 over the first `steps` steps. `step` counts from 0.
pub(crate) fn warm_up_factor(steps: usize, step: usize) -> f32 {
    if step < steps { ((step + 1) as f64 / steps as f64) as f32 } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADAM: Settings = Settings::Adam { learning_rate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
    const SGD: Settings = Settings::Sgd { learning_rate: 0.1, momentum: 0.9 };

    /// One step on parameters that are all weights, at a learning rate of 0.1.
    fn step(optimiser: &mut Optimiser, regularisation: &Regularisation, parameters: &mut [f32], gradient: &[f32]) {
        let mut gradient = gradient.to_vec();
        let (update, slots) = optimiser.begin(regularisation, 0.1, parameters, &mut gradient);
        update.weights(slots);
    }

    /// Three steps of one weight from 1.0, with gradients 0.5, -0.25, 2.0.
    fn after_three_steps(settings: Settings, l2: f32, weight_decay: f32) -> f32 {
        let mut regularisation = Regularisation::default();
        regularisation.l2 = l2;
        regularisation.weight_decay = weight_decay;
        let mut parameters = [1.0];
        let mut optimiser = Optimiser::new(settings, 1);
        for gradient in [0.5, -0.25, 2.0] {
            step(&mut optimiser, &regularisation, &mut parameters, &[gradient]);
        }
        parameters[0]
    }

    #[test]
    fn the_first_step_of_adam_is_as_long_as_the_learning_rate() {
        let mut parameters = [1.0, 1.0, 1.0];
        let mut optimiser = Optimiser::new(ADAM, 3);
        step(&mut optimiser, &Regularisation::default(), &mut parameters, &[3.0, -0.001, 0.0]);
        for (parameter, expected) in parameters.iter().zip([0.9, 1.1, 1.0]) {
            assert!((parameter - expected).abs() < 1e-5, "{parameters:?}");
        }
    }

    #[test]
    fn three_steps_match_pytorch() {
        // torch.optim.Adam(lr=0.1), AdamW(lr=0.1) and SGD(lr=0.1, momentum=0.9), with l2 as their weight_decay; see
        // crates/training/tests/golden/optimisers.py.
        for (settings, l2, weight_decay, expected) in [
            (ADAM, 0.0, 0.0, 0.806_301_5),
            (SGD, 0.0, 0.0, 0.712),
            (ADAM, 0.1, 0.0, 0.783_170_5),
            (ADAM, 0.0, 0.5, 0.674_758_3),
            (SGD, 0.1, 0.0, 0.658_024),
            // PyTorch's SGD has no decoupled weight decay: 1 -> 0.9 -> 0.835 -> 0.57525; each value is 0.95 times the last
            // minus 0.1 velocity.
            (SGD, 0.0, 0.5, 0.575_25),
        ] {
            let found = after_three_steps(settings, l2, weight_decay);
            assert!((found - expected).abs() < 1e-6, "{settings:?} {l2} {weight_decay}: {found}");
        }
    }

    #[test]
    fn biases_have_no_penalty() {
        let mut regularisation = Regularisation::default();
        regularisation.l2 = 0.5;
        regularisation.weight_decay = 0.5;
        let (mut parameters, mut gradient) = ([1.0], [0.0]);
        let mut optimiser = Optimiser::new(SGD, 1);
        let (update, slots) = optimiser.begin(&regularisation, 0.1, &mut parameters, &mut gradient);
        update.biases(slots);
        assert_eq!(parameters, [1.0]);
    }

    #[test]
    fn moments_and_decayed_weights_never_become_denormal() {
        let mut regularisation = Regularisation::default();
        regularisation.weight_decay = 1.0;
        for (settings, l2) in [(ADAM, 0.0), (SGD, 0.0), (SGD, 1.0)] {
            regularisation.l2 = l2;
            let (mut optimiser, mut parameters) = (Optimiser::new(settings, 1), [1.0]);
            for _ in 0..2000 {
                step(&mut optimiser, &regularisation, &mut parameters, &[0.0]);
            }
            assert_eq!((parameters[0], optimiser.first[0]), (0.0, 0.0), "{settings:?} {l2}");
        }
        let mut optimiser = Optimiser::new(ADAM, 1);
        let mut parameters = [0.0];
        step(&mut optimiser, &Regularisation::default(), &mut parameters, &[1.0]);
        for _ in 0..2000 {
            step(&mut optimiser, &Regularisation::default(), &mut parameters, &[0.0]);
        }
        assert_eq!(optimiser.first, [0.0]);
        assert!(optimiser.second[0] == 0.0 || optimiser.second[0].is_normal());
    }

    #[test]
    fn schedules_start_at_1_and_end_at_their_final_factor() {
        let cosine = Schedule::Cosine { final_fraction: 0.1 };
        assert_eq!(schedule_factor(cosine, 0, 11), 1.0);
        assert!((schedule_factor(cosine, 5, 11) - 0.55).abs() < 1e-6);
        assert!((schedule_factor(cosine, 10, 11) - 0.1).abs() < 1e-6);
        assert_eq!(schedule_factor(cosine, 0, 1), 1.0);
        let step = Schedule::Step { every: 2, factor: 0.5 };
        let factors: Vec<f32> = (0..5).map(|epoch| schedule_factor(step, epoch, 5)).collect();
        assert_eq!(factors, [1.0, 1.0, 0.5, 0.5, 0.25]);
    }

    #[test]
    fn a_warm_up_raises_the_learning_rate_in_equal_steps() {
        let factors: Vec<f32> = (0..6).map(|step| warm_up_factor(4, step)).collect();
        assert_eq!(factors, [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]);
        assert_eq!(warm_up_factor(0, 0), 1.0);
    }
}
