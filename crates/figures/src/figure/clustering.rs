//! Figure: agreement of clusters of codes with the classes.

use crate::error::Error;
use crate::figure::kit::scores::Scores;
use crate::summary::Summary;
use canvas::scene::Scene;

const SCORES: Scores = Scores {
    figure: "clustering",
    fields: &[
        ("nmi", "mutual information"),
        ("ari", "adjusted Rand index"),
        ("cluster_accuracy", "accuracy after matching"),
    ],
    axis: "agreement of the clusters with the classes, 1 at most",
    caption: "k-means, fit to training images and judged on test images. Mutual information (normalised) and adjusted Rand index: 1 \
              where clusters are the classes, about 0 by chance. Accuracy: share of images right once each cluster is given a class.",
};

/// Draws the figure; `None` if no network was scored.
pub(crate) fn scene(summary: &Summary) -> Result<Option<Scene>, Error> {
    SCORES.scene(summary)
}
