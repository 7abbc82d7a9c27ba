//! How many components PCA needs to equal each network, against the units of its code.

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

/// Draws the groups that were measured; `None` where none was.
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
            name: group.label.clone(),
            dots: vec![
                Dot { subject: subject::AUTOENCODER, value: group.code as f64, std: None },
                Dot { subject: subject::PCA, value: spread.mean, std: spread.std },
            ],
            note: components(spread.mean),
        })
        .collect();
    let mut figure = Figure::new(&title(&groups), &about_experiment(summary))?;
    let titles = ("units of the code, and components with no more test error", "components");
    let bottom = dumbbell::draw(&mut figure.scene, figure.top, &rows, titles, Scale::Ratios)?;
    let several = groups.iter().any(|(group, _)| group.seeds.len() > 1);
    let caption = if several { "Components: mean over seeds. Bars: one standard deviation either side." } else { "" };
    figure.finish(bottom, caption).map(Some)
}

/// A mean of counts: whole where it is.
fn components(mean: f64) -> String {
    if mean.fract() == 0.0 { mean.to_string() } else { number(mean) }
}

fn title(groups: &[(&Group, Spread)]) -> String {
    let per_unit = |(group, spread): &(&Group, Spread)| spread.mean / group.code as f64;
    let by_ratio = |a: &&(&Group, Spread), b: &&(&Group, Spread)| per_unit(a).total_cmp(&per_unit(b));
    let (Some(most), Some(least)) = (groups.iter().max_by(by_ratio), groups.iter().min_by(by_ratio)) else {
        return "Components that PCA needs".to_owned();
    };
    let (group, spread) = most;
    let (count, code, network) = (components(spread.mean), group.code, group.network());
    if groups.len() > 1 && per_unit(most) <= 1.0 {
        return format!(
            "PCA equals each network with no more components than code units: {count} for the {code} of {network}"
        );
    }
    let plural = if spread.mean == 1.0 { "component" } else { "components" };
    let one = format!("PCA needs {count} {plural} to equal the {code} code units of {network}");
    if groups.len() == 1 {
        return one;
    }
    let others = if per_unit(least) > 1.0 {
        format!("at least {} per unit elsewhere", number(per_unit(least)))
    } else {
        format!("no more than one per unit for {}", least.0.label)
    };
    format!("{one}, and {others}")
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
    fn the_title_says_what_pca_needs_most_and_least_of() {
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
        assert_eq!(title(&[(2, 12.0)]), "PCA needs 12 components to equal the 2 code units of wide");
        assert_eq!(
            title(&[(2, 13.0), (8, 17.2)]),
            "PCA needs 13 components to equal the 2 code units of wide, and at least 2.15 per unit elsewhere"
        );
        assert_eq!(
            title(&[(2, 13.0), (16, 12.0)]),
            "PCA needs 13 components to equal the 2 code units of wide, and no more than one per unit for wide-16"
        );
        assert_eq!(
            title(&[(2, 1.0), (16, 16.0)]),
            "PCA equals each network with no more components than code units: 16 for the 16 of wide"
        );
    }
}
