//! Figure: number of components that PCA needs for the error of each network, and number of code units.

use spec::subject;

use crate::error::Error;
use crate::figure::kit::dumbbell::{self, Dot, Row, Scale};
use crate::figure::kit::finding::check_spreads;
use crate::figure::kit::theme::Figure;
use crate::figure::kit::theme::about_experiment;
use crate::summary::{Group, Spread, Summary};
use canvas::scene::Scene;
use canvas::text::number;

const FIGURE: &str = "components";
const FIELD: &str = "components_to_equal_error";

/// Draws the groups with this measure; `None` if there are none.
pub(crate) fn scene(summary: &Summary) -> Result<Option<Scene>, Error> {
    let needed = |group: &Group| group.metric("test", subject::PCA, FIELD);
    let groups: Vec<(&Group, Spread)> =
        summary.groups.iter().filter_map(|group| Some((group, needed(group)?))).collect();
    if groups.is_empty() {
        return Ok(None);
    }
    check_spreads(FIGURE, FIELD, groups.iter().map(|(_, spread)| *spread))?;
    let rows: Vec<Row> = groups
        .iter()
        .map(|(group, spread)| Row {
            name: name(group, &groups),
            dots: vec![
                Dot { subject: subject::AUTOENCODER, value: group.code as f64, std: None },
                Dot { subject: subject::PCA, value: spread.mean, std: spread.std },
            ],
            note: components(spread.mean),
        })
        .collect();
    let mut figure = Figure::new(&title(&groups), &about_experiment(summary))?;
    let titles = ("code units, and components of PCA for the same test error", "components");
    let bottom = dumbbell::draw(&mut figure.scene, figure.top, &rows, titles, Scale::Ratios)?;
    let several = groups.iter().any(|(group, _)| group.seeds.len() > 1);
    let caption = if several { "Components: mean over seeds. Bars: one standard deviation either side." } else { "" };
    figure.finish(bottom, caption).map(Some)
}

/// A mean of counts as text, without decimals if it is whole.
fn components(mean: f64) -> String {
    if mean.fract() == 0.0 { mean.to_string() } else { number(mean) }
}

fn title(groups: &[(&Group, Spread)]) -> String {
    let per_unit = |(group, spread): &(&Group, Spread)| spread.mean / group.code as f64;
    let by_ratio = |a: &&(&Group, Spread), b: &&(&Group, Spread)| per_unit(a).total_cmp(&per_unit(b));
    let (Some(most), Some(least)) = (groups.iter().max_by(by_ratio), groups.iter().min_by(by_ratio)) else {
        return "Components that PCA needs".to_owned();
    };
    let needs = |(group, spread): &(&Group, Spread)| {
        let plural = if spread.mean == 1.0 { "component" } else { "components" };
        format!("{} {plural} for the error of {}", components(spread.mean), name(group, groups))
    };
    if groups.len() == 1 || most.0.label == least.0.label {
        return format!("PCA needs {}", needs(most));
    }
    format!("PCA needs {}, and {}", needs(most), needs(least))
}

/// Name of a network: its code size if all code sizes differ, else its name.
fn name(group: &Group, groups: &[(&Group, Spread)]) -> String {
    let of_its_code = groups.iter().filter(|(other, _)| other.code == group.code).count();
    let plural = if group.code == 1 { "unit" } else { "units" };
    if of_its_code == 1 { format!("{} code {plural}", group.code) } else { group.label.clone() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn group(code: usize, mean: f64) -> Group {
        let spread = Spread { mean, std: Some(0.5) };
        let fields = BTreeMap::from([("components_to_equal_error".to_owned(), spread)]);
        let test = BTreeMap::from([(subject::PCA.to_owned(), fields)]);
        Group {
            label: format!("wide-{code}"),
            architecture: "wide".to_owned(),
            code,
            variant: None,
            train: None,
            side: None,
            regularised: false,
            seeds: vec![0, 1, 2],
            metrics: BTreeMap::from([("test".to_owned(), test)]),
        }
    }

    #[test]
    fn the_title_gives_the_largest_and_smallest_number_of_components() {
        let title = |cases: &[(usize, f64)]| {
            let groups: Vec<Group> = cases.iter().map(|(code, mean)| group(*code, *mean)).collect();
            title(
                &groups
                    .iter()
                    .zip(cases)
                    .map(|(group, (_, mean))| (group, Spread { mean: *mean, std: None }))
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(title(&[(2, 12.0)]), "PCA needs 12 components for the error of 2 code units");
        assert_eq!(
            title(&[(2, 13.0), (8, 17.2)]),
            "PCA needs 13 components for the error of 2 code units, and 17.2 components for the error of 8 code units"
        );
        assert_eq!(title(&[(1, 1.0)]), "PCA needs 1 component for the error of 1 code unit");
        assert_eq!(
            title(&[(2, 13.0), (2, 12.0)]),
            "PCA needs 13 components for the error of wide-2",
            "one label, one network"
        );
    }
}
