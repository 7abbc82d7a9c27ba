//! `classes`: the error of each class, and of a rare class compared with the others.

use spec::Imbalance;
use spec::measures::MSE_OF_CLASS;
use spec::subject::{AUTOENCODER, PCA};

use crate::error::Error;
use crate::metrics::blocks::{block_means, block_means_over_groups};
use crate::tasks::context::{Context, TaskOutput};

/// Measures autoencoder and PCA by class, from the errors of `error_by_class.csv`.
///
/// - `mse_of_class_0` and so on: mean squared error per pixel of the test images of each class that occurs.
/// - `worst_class_mse`: the largest of them.
/// - `rare_class_mse`: that of the class that is rare in training, if there is one.
/// - `other_classes_mse`: mean over the other classes, each of which counts the same.
pub(crate) fn run(context: &Context<'_>) -> Result<TaskOutput, Error> {
    let mut output = TaskOutput::default();
    let rare = match context.run.dataset.imbalance {
        Some(Imbalance::Rare { class, .. }) => Some(class),
        Some(Imbalance::Without { .. } | Imbalance::Only { .. }) | None => None,
    };
    for subject in [AUTOENCODER, PCA] {
        let of = context.error_by_class.iter().filter(|row| row.subject == subject && row.images > 0);
        let errors: Vec<(u16, f64)> = of.map(|row| (row.class, row.mse_per_pixel)).collect();
        let fields = fields(&errors, rare);
        output.measures.extend(fields.into_iter().map(|(field, value)| (subject, field, value)));
        let Some((_, of_rows)) = context.error_of_rows.iter().find(|(name, _)| *name == subject) else { continue };
        let of_class = |class: u16| -> Vec<f64> {
            let rows = of_rows.iter().zip(context.splits.test.labels());
            rows.filter(|(_, label)| **label == class).map(|(error, _)| *error).collect()
        };
        let rows_of: Vec<(u16, Vec<f64>)> = errors.iter().map(|(class, _)| (*class, of_class(*class))).collect();
        output.blocks.extend(blocks(&rows_of, rare).into_iter().map(|(field, means)| (subject, field, means)));
    }
    Ok(output)
}

/// Means over blocks of the rows of each class, for the fields that are means over rows.
fn blocks(rows_of: &[(u16, Vec<f64>)], rare: Option<u16>) -> Vec<(&'static str, Vec<f64>)> {
    let mut blocks: Vec<(&'static str, Vec<f64>)> = Vec::new();
    for (class, rows) in rows_of {
        let named = MSE_OF_CLASS.get(usize::from(*class)).copied();
        let names = [named, (rare == Some(*class)).then_some("rare_class_mse")];
        blocks.extend(names.into_iter().flatten().map(|field| (field, block_means(rows))));
    }
    if rare.is_some() {
        let others = rows_of.iter().filter(|(class, _)| rare != Some(*class)).map(|(_, rows)| rows.clone());
        blocks.push(("other_classes_mse", block_means_over_groups(&others.collect::<Vec<_>>())));
    }
    blocks
}

/// The fields of a subject with these errors.
fn fields(errors: &[(u16, f64)], rare: Option<u16>) -> Vec<(&'static str, f64)> {
    let mut fields: Vec<(&'static str, f64)> = Vec::new();
    fields.extend(errors.iter().filter_map(|(class, error)| Some((*MSE_OF_CLASS.get(usize::from(*class))?, *error))));
    fields.extend(errors.iter().map(|(_, error)| *error).reduce(f64::max).map(|worst| ("worst_class_mse", worst)));
    let Some(rare) = rare else { return fields };
    let others: Vec<f64> = errors.iter().filter(|(class, _)| *class != rare).map(|(_, error)| *error).collect();
    fields.extend(errors.iter().find(|(class, _)| *class == rare).map(|(_, error)| ("rare_class_mse", *error)));
    if !others.is_empty() {
        fields.push(("other_classes_mse", others.iter().sum::<f64>() / others.len() as f64));
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rare_class_is_separate_and_each_other_class_counts_the_same() {
        let errors = [(0, 1.0), (3, 4.0), (7, 2.0)];
        let all = [("mse_of_class_0", 1.0), ("mse_of_class_3", 4.0), ("mse_of_class_7", 2.0), ("worst_class_mse", 4.0)];
        assert_eq!(fields(&errors, None), all);
        let parted = [("rare_class_mse", 2.0), ("other_classes_mse", 2.5)];
        assert_eq!(fields(&errors, Some(7)), [&all[..], &parted].concat());
        assert_eq!(fields(&[], Some(7)), []);
    }

    #[test]
    fn blocks_hold_rows_of_one_class_or_of_all_other_classes() {
        let rows = [(0, vec![1.0, 3.0]), (3, vec![4.0, 6.0]), (7, vec![2.0])];
        let expected = [
            ("mse_of_class_0", vec![1.0, 3.0]),
            ("mse_of_class_3", vec![4.0, 6.0]),
            ("mse_of_class_7", vec![2.0]),
            ("rare_class_mse", vec![2.0]),
            ("other_classes_mse", vec![2.5, 4.5]),
        ];
        assert_eq!(blocks(&rows, Some(7)), expected);
        assert_eq!(blocks(&rows, None), expected[..3]);
    }
}
