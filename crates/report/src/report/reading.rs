//! Explains how to read each figure, in a sentence or two.

use spec::catalogue::Plot;

/// The explanation of a figure for readers of the report, of images or of other rows.
pub(super) const fn reading(plot: Plot, of_images: bool) -> &'static str {
    match plot {
        Plot::Reconstructions if !of_images => {
            "Test rows and their reconstructions over the columns. A reconstruction close to its row has a low error."
        }
        Plot::LearningCurves => {
            "Loss by epoch. A validation curve that rises while the training curve falls shows overfitting."
        }
        Plot::Reconstructions => {
            "Test rows above, and what each method makes of them below. Their errors stand beside them. Lower is better."
        }
        Plot::ErrorByClass => {
            "Test error of each class. Lower is better. A class with a high error is hard for the network."
        }
        Plot::ErrorByCorruption => {
            "Test error against the strength of the noise in the input. The flatter the line, the more robust the method."
        }
        Plot::ErrorByCodeSize => "Test error against the numbers in the code. Lower is better at the same code size.",
        Plot::Comparison => "Test error of each network beside PCA with a code of the same size. Lower is better.",
        Plot::Codes => {
            "Codes of test rows in two dimensions, coloured by class. Classes that lie apart are easy to tell apart."
        }
        Plot::Filters => {
            "Weights of single hidden units as images, beside principal components. Orange and blue pixels have opposite signs."
        }
        Plot::TrainingTerms => "Terms of the loss other than the reconstruction error, by epoch.",
        Plot::Samples => {
            "Images that the decoder makes of random codes, and the training image nearest to each. A sample that equals its \
             neighbour is a copy."
        }
        Plot::Walks => {
            "Codes on the way from one test image to another, decoded. A code without gaps gives digits all the way."
        }
        Plot::Activity => {
            "How often and how strongly each unit of the code is active. A unit that is never active carries nothing."
        }
        Plot::Factors => {
            "What single units of the code tell of the class and of known factors. Higher is easier to interpret."
        }
        Plot::Traversals => {
            "A test image of which one unit of the code is moved, decoded. Each row shows what the unit changes."
        }
        Plot::Robustness => "Test error of each network under noise that it was not trained on. Lower is more robust.",
        Plot::FrechetDistances => {
            "Distance between the distribution of samples and that of test images. Lower is better, and 0 is the best."
        }
        Plot::Likelihoods => {
            "Log-likelihood of test images in nats. Higher is better. Bounds lie below the true value."
        }
        Plot::Neighbours => "How well codes keep neighbours and classes together. Higher is better, and 1 is the best.",
        Plot::Classification => "Accuracy of linear classifiers of codes, by the number of labels. Higher is better.",
        Plot::Clustering => "Agreement of clusters with classes. Higher is better, and 1 is the best.",
        Plot::RateDistortion => {
            "Quality against the bits that an image takes. A curve further left and up needs fewer bits for the same quality."
        }
        Plot::Anomalies => "Area under the ROC curve. 0.5 is chance, and 1 separates all anomalies.",
        Plot::Roc => {
            "Share of anomalies found against the share of false alarms, for every threshold. The diagonal is chance; higher is better."
        }
        Plot::Faults => {
            "How well the error finds each kind of fault, and how often the column with the largest error is at fault."
        }
        Plot::Components => {
            "Components that PCA needs to reach the error of each network. The line is the same number for both."
        }
        Plot::Classes => {
            "Error of the rare class and of the others. Lower is better; equal bars treat all classes alike."
        }
        Plot::Transfer => "Test error on new data of networks that learned from other data before. Lower is better.",
        Plot::NoiseLevels => {
            "Error at half, once and twice the noise of the training, relative to the noisy input. Below 1, a method removes noise."
        }
        Plot::ErrorByTrainingImages => {
            "Training and test error against the number of training images. The gap between both is overfitting."
        }
        Plot::FineTuning => "Share of test images that the classifier gets wrong. Lower is better.",
        Plot::Growth => {
            "Error, learned numbers and seconds against the side of the images, for the network and for PCA."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_has_short_sentences() {
        for plot in Plot::ALL {
            let both = [true, false].map(|of_images| reading(*plot, of_images));
            for sentence in both.iter().flat_map(|text| text.split_inclusive(". ")) {
                let words = sentence.split_whitespace().count();
                assert!((2..=25).contains(&words), "{plot}: {sentence}");
            }
        }
    }
}
