//! Dead hidden units: ReLUs whose sums are below 0 for every training row. They have no gradient, and their output is
//! always 0.

use record::HiddenLayer;
use spec::catalogue::Activation;
use zoo::{Plan, Trainable};

use crate::inputs::Inputs;

/// The units of a hidden ReLU layer, and whether each is active for some training row.
pub(super) struct Firing {
    /// Index of the layer in the network.
    index: usize,
    name: String,
    fires: Vec<bool>,
}

/// The units of each hidden ReLU layer that are active for some training row with its noise. Empty for networks without
/// dense layers or without hidden ReLU layers. The decoder of a Gaussian code reads the means.
pub(super) fn firing(network: &dyn Trainable, train: &Inputs<'_>) -> Vec<Firing> {
    let Some(plan) = network.kind().plan() else { return Vec::new() };
    let parameters = network.parameters();
    let mut layers: Vec<Firing> = plan
        .layout
        .hidden()
        .filter(|&index| plan.activations[index] == Activation::Relu)
        .map(|index| {
            let layer = &plan.layout.layers[index];
            Firing { index, name: layer.name.clone(), fires: vec![false; layer.outputs] }
        })
        .collect();
    if layers.is_empty() {
        return layers;
    }
    let hidden: Vec<usize> = layers.iter().map(|layer| layer.index).collect();
    let blocks = train.blocks(&|block| fired(&plan, &parameters, &hidden, train, block));
    for block in blocks {
        for (layer, fired) in layers.iter_mut().zip(block) {
            layer.fires.iter_mut().zip(fired).for_each(|(fires, fired)| *fires |= fired);
        }
    }
    layers
}

/// For each of the `hidden` layers, the units that are active for some row of a block.
fn fired(
    plan: &Plan,
    parameters: &[f32],
    hidden: &[usize],
    train: &Inputs<'_>,
    block: std::ops::Range<usize>,
) -> Vec<Vec<bool>> {
    let mut values = train.corrupted(train.clean(block.clone()), block);
    let mut all = Vec::new();
    for index in 0..plan.layout.layers.len() {
        // The decoder reads the means.
        if plan.layout.heads == 2 && index == plan.layout.code() + 1 {
            continue;
        }
        values = plan.forward(index..index + 1, parameters, &values);
        if hidden.contains(&index) {
            let fires = |unit: usize| (0..values.rows()).any(|row| values.row(row)[unit] > 0.0);
            all.push((0..values.columns()).map(fires).collect());
        }
    }
    all
}

impl Firing {
    /// The layer as a row of the record.
    pub(super) fn row(&self) -> HiddenLayer {
        let dead = self.fires.iter().filter(|fires| !**fires).count();
        HiddenLayer { layer: self.name.clone(), units: self.fires.len(), dead }
    }

    /// True for each dead unit of the first layer; `None` if that layer has no ReLUs.
    pub(super) fn dead_filters(layers: &[Self]) -> Option<Vec<bool>> {
        let first = layers.first().filter(|layer| layer.index == 0)?;
        Some(first.fires.iter().map(|fires| !fires).collect())
    }
}

#[cfg(test)]
mod tests {
    use datasets::Rows;
    use spec::Shape;
    use spec::catalogue::{Architecture, Split};

    use super::*;
    use crate::tasks::context::tests::network;

    #[test]
    fn units_with_a_very_negative_bias_are_dead_and_no_others() {
        let pixels: Vec<u8> = (0..600 * 784).map(|index| (index % 251) as u8).collect();
        let images = Rows::new(Shape::square(28), pixels, vec![0; 600]);
        let train = Inputs { rows: &images, split: Split::Train, corruption: None, seed: 0 };
        for architecture in [Architecture::Plain, Architecture::Variational] {
            let mut network = network(architecture);
            let mut parameters = network.parameters();
            let layout = network.layout().clone();
            let hidden: Vec<usize> = layout.hidden().collect();
            for (place, &layer) in hidden.iter().enumerate() {
                parameters[layout.layers[layer].weight()].fill(0.0);
                let bias = &mut parameters[layout.layers[layer].bias()];
                bias.fill(1.0);
                bias[..place + 2].fill(-1.0);
            }
            network.set_parameters(&parameters);
            let firing = firing(network.as_ref(), &train);
            let dead: Vec<usize> = firing.iter().map(|layer| layer.row().dead).collect();
            assert_eq!(dead, (0..hidden.len()).map(|place| place + 2).collect::<Vec<_>>(), "{architecture}");
            let filters = Firing::dead_filters(&firing).unwrap();
            assert!(filters[..2].iter().all(|dead| *dead) && filters[2..].iter().all(|dead| !dead));
        }
        assert!(firing(network(Architecture::Shallow).as_ref(), &train).is_empty());
        assert!(firing(network(Architecture::Recurrent).as_ref(), &train).is_empty());
    }
}
