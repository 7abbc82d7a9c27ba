//! Figure: accuracy of linear classifiers on codes, by number of labels.

use crate::error::Error;
use crate::figure::kit::scores::Scores;
use crate::summary::Summary;
use canvas::scene::Scene;

const SCORES: Scores = Scores {
    figure: "classification",
    fields: &[
        ("svm_accuracy_100", "SVM, 100 labels"),
        ("svm_accuracy_1000", "SVM, 1,000 labels"),
        ("svm_accuracy_all", "SVM, all labels"),
        ("logistic_accuracy_100", "logistic, 100"),
        ("logistic_accuracy_1000", "logistic, 1,000"),
        ("logistic_accuracy_all", "logistic, all"),
    ],
    axis: "share of test images classified right",
    caption: "SVM and logistic regression are linear classifiers, fit to training images alone; cross-validation among these \
              chooses their penalty.",
};

/// Draws the figure; `None` if no network was scored.
pub(crate) fn scene(summary: &Summary) -> Result<Option<Scene>, Error> {
    SCORES.scene(summary)
}
