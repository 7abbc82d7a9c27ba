//! Numbers that others have printed, beside ours.

use spec::subject;

use crate::report::words::spread;
use crate::summary::Summary;

/// A published number and where to look for ours. All are of the test split of MNIST.
struct Published {
    source: &'static str,
    what: &'static str,
    number: &'static str,
    /// Experiment, network, subject and field.
    ours: (&'static str, &'static str, &'static str, &'static str),
    difference: &'static str,
}

const DATASET: &str = "mnist";
const HINTON: &str = "Hinton & Salakhutdinov (2006), fig. 2B";
const KERAS: &str = "Keras blog, Building Autoencoders (2016)";
const PYTORCH: &str = "the same network in PyTorch, its own initialisation, 50 epochs";
const PER_IMAGE: &str = "squared_error_per_image";

const SKLEARN: &str = "scikit-learn";

const PUBLISHED: [Published; 13] = [
    Published {
        source: HINTON,
        what: "squared error per image, 784-1000-500-250-30",
        number: "3.00",
        ours: ("deep-2006", "deep-30", subject::AUTOENCODER, PER_IMAGE),
        difference: "no pretraining; Adam, weight decay, 100 epochs",
    },
    Published {
        source: HINTON,
        what: "squared error per image, PCA with 30 components",
        number: "13.87",
        ours: ("deep-2006", "deep-30", subject::PCA, PER_IMAGE),
        difference: "none",
    },
    Published {
        source: KERAS,
        what: "binary cross-entropy per pixel, 784-32-784, 50 epochs",
        number: "about 0.09",
        ours: ("cross-entropy", "shallow-32", subject::AUTOENCODER, "bce_per_pixel"),
        difference: "Glorot-uniform weights",
    },
    Published {
        source: "Vincent et al. (2010), table 3",
        what: "share of test images that a stacked denoising network gets wrong, fine-tuned",
        number: "0.0128",
        ours: ("fine-tuning", "deep-128-denoising", subject::FINE_TUNED, "error"),
        difference: "784-1000-500-250-128 for three layers of 1,000 to 3,000 units; Adam, and nothing chosen on validation images",
    },
    Published {
        source: PYTORCH,
        what: "MSE per pixel, 784-64-32-64-784",
        number: "0.0083",
        ours: ("plain", "plain-32", subject::AUTOENCODER, "mse_per_pixel"),
        difference: "Glorot-uniform weights, learning rate 0.003 with a cosine schedule, linear code",
    },
    Published {
        source: PYTORCH,
        what: "MSE per pixel, 784-128-784",
        number: "0.00184",
        ours: ("shallow", "shallow-128", subject::AUTOENCODER, "mse_per_pixel"),
        difference: "Glorot-uniform weights",
    },
    Published {
        source: SKLEARN,
        what: "squared error per image, PCA with 2 components",
        number: "43.645",
        ours: ("bottleneck", "plain-2", subject::PCA, PER_IMAGE),
        difference: "none",
    },
    Published {
        source: SKLEARN,
        what: "squared error per image, PCA with 16 components",
        number: "21.059",
        ours: ("bottleneck", "plain-16", subject::PCA, PER_IMAGE),
        difference: "none",
    },
    Published {
        source: SKLEARN,
        what: "squared error per image, PCA with 32 components",
        number: "13.193",
        ours: ("bottleneck", "plain-32", subject::PCA, PER_IMAGE),
        difference: "none",
    },
    Published {
        source: SKLEARN,
        what: "squared error per image, PCA with 64 components",
        number: "7.093",
        ours: ("bottleneck", "plain-64", subject::PCA, PER_IMAGE),
        difference: "none",
    },
    Published {
        source: SKLEARN,
        what: "squared error per image, PCA with 30 components, clipped to [0, 1]",
        number: "12.590",
        ours: ("deep", "deep-30", subject::PCA_CLIPPED, PER_IMAGE),
        difference: "none",
    },
    Published {
        source: SKLEARN,
        what: "MSE per pixel, PCA with 32 components",
        number: "0.016828",
        ours: ("plain", "plain-32", subject::PCA, "mse_per_pixel"),
        difference: "none",
    },
    Published {
        source: SKLEARN,
        what: "squared error per image, the mean training image",
        number: "52.897",
        ours: ("bottleneck", "plain-2", subject::MEAN_IMAGE, PER_IMAGE),
        difference: "none",
    },
];

/// Rows of source, quantity, published and obtained number, and the difference of protocol, for what is recorded.
pub(super) fn rows<'a>(summaries: impl Iterator<Item = &'a Summary>) -> Vec<Vec<String>> {
    let on_mnist: Vec<&Summary> = summaries.filter(|summary| summary.dataset == DATASET).collect();
    let obtained = |published: &Published| {
        let (experiment, label, subject, field) = published.ours;
        let summary = on_mnist.iter().find(|summary| summary.experiment == experiment)?;
        summary.groups.iter().find(|group| group.label == label)?.metric("test", subject, field)
    };
    PUBLISHED
        .iter()
        .filter_map(|published| {
            let Published { source, what, number, difference, .. } = *published;
            let ours = obtained(published)?;
            // As many digits as were printed, and two more.
            let decimals = 2 + number.split_once('.').map_or(0, |(_, decimals)| decimals.len());
            let ours = spread(Some(ours), decimals);
            Some([source, what, number, &ours, difference].map(str::to_owned).to_vec())
        })
        .collect()
}
