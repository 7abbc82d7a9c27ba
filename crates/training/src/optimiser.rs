//! Optimisers over one flat list of parameters, and the schedule of their learning rate.

use std::f64::consts::PI;

use experiment::spec::{Optimiser as Settings, Schedule};

/// Below this, moments are set to 0: arithmetic on denormal numbers is many times slower.
const FLUSH: f32 = 1e-30;

/// An optimiser at some point of a training: everything the next step depends on besides parameters and gradient.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Optimiser {
    /// Adam (Kingma & Ba, 2015), with both moments' bias corrected.
    Adam {
        beta1: f32,
        beta2: f32,
        epsilon: f32,
        /// Steps taken.
        steps: u64,
        /// First moment of each parameter's gradient.
        mean: Vec<f32>,
        /// Second moment.
        square: Vec<f32>,
    },
    /// Gradient descent with classical momentum: `velocity = momentum * velocity + gradient`.
    Sgd {
        momentum: f32,
        /// One per parameter.
        velocity: Vec<f32>,
    },
}

impl Optimiser {
    /// The optimiser before its first step on so many parameters.
    pub(crate) fn new(settings: Settings, parameters: usize) -> Self {
        let zeros = || vec![0.0; parameters];
        match settings {
            Settings::Adam { beta1, beta2, epsilon, .. } => {
                Self::Adam { beta1, beta2, epsilon, steps: 0, mean: zeros(), square: zeros() }
            }
            Settings::Sgd { momentum, .. } => Self::Sgd { momentum, velocity: zeros() },
        }
    }

    /// Steps taken, and the moments by name: with the settings, all there is to an optimiser.
    pub(crate) fn state(&self) -> (u64, Vec<(&'static str, &Vec<f32>)>) {
        match self {
            Self::Adam { steps, mean, square, .. } => (*steps, vec![("adam.mean", mean), ("adam.square", square)]),
            Self::Sgd { velocity, .. } => (0, vec![("sgd.velocity", velocity)]),
        }
    }

    /// The moments by name, to be restored.
    pub(crate) fn moments_mut(&mut self) -> Vec<(&'static str, &mut Vec<f32>)> {
        match self {
            Self::Adam { mean, square, .. } => vec![("adam.mean", mean), ("adam.square", square)],
            Self::Sgd { velocity, .. } => vec![("sgd.velocity", velocity)],
        }
    }

    /// Restores the number of steps taken.
    pub(crate) fn set_steps(&mut self, taken: u64) {
        if let Self::Adam { steps, .. } = self {
            *steps = taken;
        }
    }

    /// Moves the parameters one step against the gradient.
    pub(crate) fn step(&mut self, parameters: &mut [f32], gradient: &[f32], learning_rate: f32) {
        match self {
            Self::Adam { beta1, beta2, epsilon, steps, mean, square } => {
                *steps += 1;
                // In f64: 1 - 0.999^t loses half its digits in f32 for small t.
                let correction = |beta: f32| 1.0 - f64::from(beta).powf(*steps as f64);
                let rate = (f64::from(learning_rate) / correction(*beta1)) as f32;
                let scale = correction(*beta2).sqrt().recip() as f32;
                let moments = mean.iter_mut().zip(square);
                for ((parameter, gradient), (mean, square)) in parameters.iter_mut().zip(gradient).zip(moments) {
                    *mean = flushed(*beta1 * *mean + (1.0 - *beta1) * gradient);
                    *square = flushed(*beta2 * *square + (1.0 - *beta2) * gradient * gradient);
                    *parameter -= rate * *mean / (square.sqrt() * scale + *epsilon);
                }
            }
            Self::Sgd { momentum, velocity } => {
                for ((parameter, gradient), velocity) in parameters.iter_mut().zip(gradient).zip(velocity) {
                    *velocity = flushed(*momentum * *velocity + gradient);
                    *parameter -= learning_rate * *velocity;
                }
            }
        }
    }
}

fn flushed(value: f32) -> f32 {
    if value.abs() < FLUSH { 0.0 } else { value }
}

/// Factor on the learning rate in an epoch, both counted from 0.
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

#[cfg(test)]
mod tests {
    use super::*;

    const ADAM: Settings = Settings::Adam { learning_rate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

    #[test]
    fn the_first_step_of_adam_has_the_length_of_the_learning_rate() {
        let mut parameters = [1.0, 1.0, 1.0];
        Optimiser::new(ADAM, 3).step(&mut parameters, &[3.0, -0.001, 0.0], 0.1);
        for (parameter, expected) in parameters.iter().zip([0.9, 1.1, 1.0]) {
            assert!((parameter - expected).abs() < 1e-5, "{parameters:?}");
        }
    }

    #[test]
    fn three_steps_are_those_of_pytorch() {
        // torch.optim.Adam(lr=0.1) and torch.optim.SGD(lr=0.1, momentum=0.9) on one parameter, from 1.0, gradients 0.5, -0.25, 2.0.
        let after = |settings| {
            let mut parameters = [1.0];
            let mut optimiser = Optimiser::new(settings, 1);
            for gradient in [0.5, -0.25, 2.0] {
                optimiser.step(&mut parameters, &[gradient], 0.1);
            }
            parameters[0]
        };
        let sgd = Settings::Sgd { learning_rate: 0.1, momentum: 0.9 };
        assert!((after(ADAM) - 0.806_301_5).abs() < 1e-6, "{}", after(ADAM));
        assert!((after(sgd) - 0.712).abs() < 1e-6, "{}", after(sgd));
    }

    #[test]
    fn moments_never_turn_denormal() {
        let mut optimiser = Optimiser::new(ADAM, 1);
        let mut parameters = [0.0];
        optimiser.step(&mut parameters, &[1.0], 0.1);
        for _ in 0..2000 {
            optimiser.step(&mut parameters, &[0.0], 0.1);
        }
        let Optimiser::Adam { mean, square, .. } = optimiser else { panic!("Adam") };
        assert_eq!(mean[0], 0.0);
        assert!(square[0] == 0.0 || square[0].is_normal());
    }

    #[test]
    fn schedules_start_at_one_and_end_where_they_should() {
        let cosine = Schedule::Cosine { final_fraction: 0.1 };
        assert_eq!(schedule_factor(cosine, 0, 11), 1.0);
        assert!((schedule_factor(cosine, 5, 11) - 0.55).abs() < 1e-6);
        assert!((schedule_factor(cosine, 10, 11) - 0.1).abs() < 1e-6);
        assert_eq!(schedule_factor(cosine, 0, 1), 1.0);
        let step = Schedule::Step { every: 2, factor: 0.5 };
        let factors: Vec<f32> = (0..5).map(|epoch| schedule_factor(step, epoch, 5)).collect();
        assert_eq!(factors, [1.0, 1.0, 0.5, 0.5, 0.25]);
    }
}
