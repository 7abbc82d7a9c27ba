//! Figure: accuracy of nearest neighbours, trustworthiness and continuity of codes.

use crate::error::Error;
use crate::figure::kit::scores::Scores;
use crate::summary::Summary;
use canvas::scene::Scene;

const SCORES: Scores = Scores {
    figure: "neighbours",
    fields: &[
        ("knn_accuracy", "class by 5 nearest"),
        ("trustworthiness", "trustworthiness"),
        ("continuity", "continuity"),
    ],
    axis: "score, 1 at most",
    caption: "Class: share of test images classified by the training images with the nearest codes. Trustworthiness and \
              continuity: whether the 10 nearest by code are near by pixels, and the other way round.",
};

/// Draws the figure; `None` if no network was scored.
pub(crate) fn scene(summary: &Summary) -> Result<Option<Scene>, Error> {
    SCORES.scene(summary)
}
