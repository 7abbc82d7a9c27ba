//! Figures of scores of tasks on codes of each network, on codes of PCA, and on pixels. Higher scores are better.

use spec::subject::{AUTOENCODER, PCA, RAW_PIXELS};

use crate::error::Error;
use crate::figure::kit::dumbbell::{self, Dot, Row, Scale};
use crate::figure::kit::finding::check_spreads;
use crate::figure::kit::theme::Figure;
use crate::figure::kit::theme::about_experiment;
use crate::summary::{Group, Summary};
use canvas::scene::Scene;

const SUBJECTS: [&str; 3] = [AUTOENCODER, PCA, RAW_PIXELS];

/// A figure of scores: its name, and its fields with their names.
pub(crate) struct Scores {
    pub(crate) figure: &'static str,
    pub(crate) fields: &'static [(&'static str, &'static str)],
    pub(crate) axis: &'static str,
    pub(crate) caption: &'static str,
}

impl Scores {
    /// Draws the groups with scores; `None` if there are none.
    pub(crate) fn scene(&self, summary: &Summary) -> Result<Option<Scene>, Error> {
        let score = |group: &Group, of: &str, field: &str| group.metric("test", of, field);
        let first = self.fields.iter().map(|(field, _)| *field);
        let scored = |group: &&Group| first.clone().any(|field| score(group, AUTOENCODER, field).is_some());
        let groups: Vec<&Group> = summary.groups.iter().filter(scored).collect();
        let mut rows = Vec::new();
        // For each network, the results of comparisons with PCA and with pixels: true if the network is better.
        let mut wins = vec![[Vec::new(), Vec::new()]; groups.len()];
        for (field, name) in self.fields {
            for (group, wins) in groups.iter().zip(&mut wins) {
                let dots = Dot::each(SUBJECTS, |subject| score(group, subject, field));
                let Some(own) = score(group, AUTOENCODER, field) else { continue };
                let drawn = SUBJECTS.iter().filter_map(|subject| score(group, subject, field));
                check_spreads(self.figure, field, drawn)?;
                for (wins, other) in wins.iter_mut().zip([PCA, RAW_PIXELS]) {
                    wins.extend(score(group, other, field).map(|other| own.mean > other.mean));
                }
                let of = if groups.len() > 1 { format!("{}: ", tag(group, &groups)) } else { String::new() };
                let lead = score(group, PCA, field).map(|pca| signed(own.mean - pca.mean));
                rows.push(Row { name: format!("{of}{name}"), dots, note: lead.unwrap_or_default() });
            }
        }
        if rows.is_empty() {
            return Ok(None);
        }
        let mut figure = Figure::new(&Self::title(&groups, &wins), &about_experiment(summary))?;
        let titles = (self.axis, "lead over PCA");
        let bottom = dumbbell::draw(&mut figure.scene, figure.top, &rows, titles, Scale::Close)?;
        let several = groups.iter().any(|group| group.seeds.len() > 1);
        let bars = if several { " Bars: one standard deviation over seeds." } else { "" };
        figure.finish(bottom, &format!("{}{bars}", self.caption)).map(Some)
    }

    /// Title with the number of comparisons that the codes of each network win against PCA's codes and against pixels.
    fn title(groups: &[&Group], wins: &[[Vec<bool>; 2]]) -> String {
        let won = |wins: &[bool]| format!("{} of {}", wins.iter().filter(|won| **won).count(), wins.len());
        let all = |of: usize| wins.iter().flat_map(|wins| wins[of].iter().copied()).collect::<Vec<bool>>();
        let [pca, pixels] = [0, 1].map(all);
        let beats = |wins: &[bool]| !wins.is_empty() && wins.iter().all(|won| *won);
        let quoted = |group: &Group| match tag(group, groups) {
            units if units.ends_with(" units") => units,
            variant => format!("“{variant}”"),
        };
        let of_all = match groups {
            _ if beats(&pca) && beats(&pixels) => return "Codes beat PCA's and pixels in every score".to_owned(),
            _ if beats(&pca) => "Codes beat PCA's in every score".to_owned(),
            [first, others @ ..] if (1..=2).contains(&others.len()) && !pca.is_empty() => {
                let others = others.iter().zip(&wins[1..]);
                let others = others.map(|(group, wins)| format!(", of {} in {}", quoted(group), won(&wins[0])));
                let first = format!("Codes of {} beat PCA's in {} scores", quoted(first), won(&wins[0][0]));
                first + &others.collect::<String>()
            }
            _ if pca.is_empty() => return format!("Codes beat pixels in {} scores", won(&pixels)),
            _ => format!("Codes beat PCA's in {} scores", won(&pca)),
        };
        match pixels.is_empty() {
            true => of_all,
            false => format!("{of_all}; they beat pixels in {}", won(&pixels)),
        }
    }
}

/// The part of a group's name that differs from the others.
pub(crate) fn tag(group: &Group, groups: &[&Group]) -> String {
    let variants = groups.iter().any(|other| other.variant != group.variant);
    let codes = groups.iter().any(|other| other.code != group.code);
    let units = format!("{} units", group.code);
    match (&group.variant, variants, codes) {
        (Some(variant), true, true) => format!("{variant}, {units}"),
        (Some(variant), true, false) => variant.clone(),
        _ => units,
    }
}

/// A difference with its sign; without a sign if it is 0 with three digits.
fn signed(lead: f64) -> String {
    if lead.abs() < 0.0005 { "0.000".to_owned() } else { format!("{lead:+.3}").replace('-', "\u{2212}") }
}
