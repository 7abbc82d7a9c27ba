//! Initial biases that are fitted to training rows.

use spec::catalogue::Activation;
use zoo::{Matrix, Plan};

/// Smallest distance of a value's mean from 0 and 1, so that a sigmoid can reach it.
const CLEAR: f64 = 1e-3;

/// Fits initial biases to some training rows, layer by layer from the input on.
///
/// - A rectifier's sums have a mean of one standard deviation above 0, so that it is active for most rows.
/// - A tanh or sigmoid unit's sums have a mean of 0, where the activation is steepest.
/// - Units of a nonlinear code are fitted as hidden units are.
/// - The biases of the output make its mean that of `targets`. The first steps would otherwise learn that mean, and silence
///   hidden units.
///
/// `inputs` and `targets` are `(rows, values)`. `noise` is that of a Gaussian code, `(rows, code)`. Weights do not change,
/// except those of a `tied` decoder, which become those of the encoder.
pub(crate) fn fit(
    plan: &Plan,
    parameters: &mut [f32],
    (inputs, targets): (&Matrix, &Matrix),
    noise: Option<&Matrix>,
    tied: bool,
) {
    let (layout, code) = (&plan.layout, plan.layout.code());
    let last = layout.layers.len() - 1;
    let mut values = inputs.clone();
    let mut index = 0;
    while index <= last {
        if tied && index == layout.encoder_layers {
            layout.tie(parameters);
        }
        if let (true, Some(noise)) = (layout.heads == 2 && index == code, noise) {
            let [means, log_variances] = [code, code + 1].map(|head| plan.forward(head..head + 1, parameters, &values));
            values = zoo::Posterior { means, log_variances }.sample(noise);
            index += 2;
            continue;
        }
        let (layer, activation) = (&layout.layers[index], plan.activations[index]);
        let is_code = index == code;
        if index == last || !is_code || activation != Activation::Identity {
            let mut sums = plan.products(index, parameters, &values);
            if index == last && plan.is_residual {
                sums.values_mut().iter_mut().zip(inputs.values()).for_each(|(sum, input)| *sum += input);
            }
            let moments = moments(&sums);
            if index == last {
                let wanted = self::moments(targets).into_iter().map(|(mean, _)| before(activation, mean));
                let biases = parameters[layer.bias()].iter_mut().zip(moments).zip(wanted);
                biases.for_each(|((bias, (mean, _)), wanted)| *bias = (wanted - mean) as f32);
            } else {
                let above = above(activation);
                let biases = parameters[layer.bias()].iter_mut().zip(moments);
                biases.for_each(|(bias, (mean, deviation))| *bias = (above * deviation - mean) as f32);
            }
        }
        values = plan.forward(index..index + 1, parameters, &values);
        index += 1;
    }
}

/// Initial mean of a unit's sums, in standard deviations.
fn above(activation: Activation) -> f64 {
    match activation {
        Activation::Relu | Activation::LeakyRelu | Activation::Elu | Activation::Gelu => 1.0,
        Activation::Sigmoid | Activation::Tanh | Activation::Identity => 0.0,
    }
}

/// Mean and standard deviation of each column.
fn moments(rows: &Matrix) -> Vec<(f64, f64)> {
    let count = rows.rows().max(1) as f64;
    let mut means = vec![0.0; rows.columns()];
    for row in 0..rows.rows() {
        means.iter_mut().zip(rows.row(row)).for_each(|(mean, value)| *mean += f64::from(*value) / count);
    }
    let mut variances = vec![0.0; rows.columns()];
    for row in 0..rows.rows() {
        let differences = rows.row(row).iter().zip(&means).map(|(value, mean)| f64::from(*value) - mean);
        variances.iter_mut().zip(differences).for_each(|(sum, difference)| *sum += difference * difference / count);
    }
    means.into_iter().zip(variances).map(|(mean, variance)| (mean, variance.sqrt())).collect()
}

/// The sum that an output activation maps to `value`; 0 for an activation that is not used for outputs.
fn before(activation: Activation, value: f64) -> f64 {
    match activation {
        Activation::Sigmoid => {
            let share = value.clamp(CLEAR, 1.0 - CLEAR);
            (share / (1.0 - share)).ln()
        }
        Activation::Tanh => value.clamp(CLEAR - 1.0, 1.0 - CLEAR).atanh(),
        Activation::Identity | Activation::Relu | Activation::LeakyRelu | Activation::Elu | Activation::Gelu => value,
    }
}

#[cfg(test)]
mod tests {
    use networks::NETWORKS;
    use spec::Experiment;

    use super::*;

    /// A network with fitted biases, and the rows that they were fitted to.
    fn fitted(model: &str, tied: bool) -> (Plan, Vec<f32>, Matrix) {
        let text = format!(
            "question = \"?\"\n[dataset]\nname = \"glyphs\"\ntrain = 400\nvalidation = 0\ntest = 10\n[model]\n{model}\n\
             [training]\nepochs = 1\nbatch_size = 1\nloss = \"mse\"\n[training.adam]\nlearning_rate = 0.1\n"
        );
        let run = Experiment::parse("initialisation.toml".as_ref(), text, &[]).unwrap().runs.remove(0);
        let network = NETWORKS.build(&run.model).unwrap();
        let plan = network.kind().plan().unwrap();
        let rows = datasets::load(&run.dataset, 0, None).unwrap().train;
        let mut inputs = Matrix::zeros(rows.len(), rows.width());
        (0..rows.len()).for_each(|row| rows.read(row, inputs.row_mut(row)));
        let mut parameters = network.layout().initial_parameters(1);
        let mut noise = Matrix::zeros(rows.len(), plan.layout.layers[plan.layout.code()].outputs);
        random::normals(&mut random::Stream::TrainCode.generator(0, 0), noise.values_mut());
        let noise = Some(&noise).filter(|_| plan.layout.heads == 2);
        fit(&plan, &mut parameters, (&inputs, &inputs), noise, tied);
        (plan, parameters, inputs)
    }

    /// Sums of a layer, including biases.
    fn sums(plan: &Plan, layer: usize, parameters: &[f32], inputs: &Matrix) -> Matrix {
        let mut sums = plan.products(layer, parameters, &plan.forward(0..layer, parameters, inputs));
        let bias = &parameters[plan.layout.layers[layer].bias()];
        (0..sums.rows()).for_each(|row| sums.row_mut(row).iter_mut().zip(bias).for_each(|(sum, bias)| *sum += bias));
        sums
    }

    #[test]
    fn hidden_sums_start_one_deviation_above_0_and_the_output_near_the_mean_row() {
        let tanh = "hidden = [12]\ncode = 4\nactivation = \"tanh\"\ncode_activation = \"tanh\"\noutput = \"tanh\"";
        let of = |name: &str| format!("architecture = \"{name}\"\ncode = 16");
        for model in [of("plain"), of("deep"), of("shallow"), tanh.to_owned()] {
            let model = model.as_str();
            let (plan, parameters, inputs) = fitted(model, false);
            let last = plan.layout.layers.len() - 1;
            for layer in (0..last).filter(|layer| plan.activations[*layer] != Activation::Identity) {
                let above = if model == tanh { 0.0 } else { 1.0 };
                for (mean, deviation) in moments(&sums(&plan, layer, &parameters, &inputs)) {
                    assert!((mean - above * deviation).abs() < 1e-3, "{model} {layer}: {mean} {deviation}");
                }
            }
            let output = plan.activations[last];
            let wanted = moments(&inputs).into_iter().map(|(mean, _)| before(output, mean));
            for ((mean, _), wanted) in moments(&sums(&plan, last, &parameters, &inputs)).into_iter().zip(wanted) {
                assert!((mean - wanted).abs() < 1e-3, "{model}: {mean} {wanted}");
            }
        }
    }

    #[test]
    fn tied_weights_stay_tied_and_the_trunk_of_a_gaussian_network_is_fitted() {
        let (plan, parameters, inputs) = fitted("architecture = \"plain\"\ncode = 16", true);
        let mut tied = parameters.clone();
        plan.layout.tie(&mut tied);
        assert_eq!(tied, parameters);
        let last = plan.layout.layers.len() - 1;
        for layer in [0, last - 1] {
            let moments = moments(&sums(&plan, layer, &parameters, &inputs));
            let above = if layer == last { 0.0 } else { 1.0 };
            assert!(layer == last || moments.iter().all(|(mean, by)| (mean - above * by).abs() < 1e-3), "{layer}");
        }
        let (plan, parameters, inputs) = fitted("architecture = \"variational\"\ncode = 16", false);
        for layer in [0, 1] {
            for (mean, deviation) in moments(&sums(&plan, layer, &parameters, &inputs)) {
                assert!((mean - deviation).abs() < 1e-3, "{layer}: {mean} {deviation}");
            }
        }
    }
}
