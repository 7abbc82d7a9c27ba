//! What tasks scored on codes of each network, of PCA, and on pixels: the higher, the better.

use spec::subject::{AUTOENCODER, PCA, RAW_PIXELS};

use crate::error::Error;
use crate::figure::kit::dumbbell::{self, Dot, Row, Scale};
use crate::figure::kit::finding::check_spreads;
use crate::figure::kit::theme::Figure;
use crate::figure::kit::theme::about_experiment;
use crate::summary::{Group, Summary};
use canvas::scene::Scene;

const SUBJECTS: [&str; 3] = [AUTOENCODER, PCA, RAW_PIXELS];

/// A figure of scores: its name, and for each field what it is called.
pub(crate) struct Scores {
    pub(crate) figure: &'static str,
    pub(crate) fields: &'static [(&'static str, &'static str)],
    pub(crate) axis: &'static str,
    pub(crate) caption: &'static str,
}

impl Scores {
    /// Draws the groups that were scored; `None` where none was.
    pub(crate) fn scene(&self, summary: &Summary) -> Result<Option<Scene>, Error> {
        let score = |group: &Group, of: &str, field: &str| group.metric("test", of, field);
        let first = self.fields.iter().map(|(field, _)| *field);
        let scored = |group: &&Group| first.clone().any(|field| score(group, AUTOENCODER, field).is_some());
        let groups: Vec<&Group> = summary.groups.iter().filter(scored).collect();
        let mut rows = Vec::new();
        // Of each network's comparisons with PCA, and with pixels, whether it wins.
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

    /// How often the codes of each network win: against PCA's codes, and against pixels.
    fn title(groups: &[&Group], wins: &[[Vec<bool>; 2]]) -> String {
        let won = |wins: &[bool]| format!("{} of {}", wins.iter().filter(|won| **won).count(), wins.len());
        let all = |of: usize| wins.iter().flat_map(|wins| wins[of].iter().copied()).collect::<Vec<bool>>();
        let [pca, pixels] = [0, 1].map(all);
        let each = (2..=3).contains(&groups.len());
        let against_pca = match groups {
            _ if pca.is_empty() => None,
            _ if pca.iter().all(|won| *won) => Some("PCA's in every score".to_owned()),
            [first, others @ ..] if each => {
                let of = |(group, wins): (&&Group, &[Vec<bool>; 2])| format!("{} in {}", tag(group, groups), won(&wins[0]));
                let first = format!("PCA's with {} scores", of((first, &wins[0])));
                let others: Vec<String> = others.iter().zip(&wins[1..]).map(of).collect();
                Some(format!("{first}, with {}", others.join(", with ")))
            }
            _ => Some(format!("PCA's in {} scores", won(&pca))),
        };
        let against_pixels = match pixels.is_empty() {
            true => None,
            false if pixels.iter().all(|won| *won) => Some("pixels in every one".to_owned()),
            false => Some(format!("pixels in {} scores", won(&pixels))),
        };
        let contests: Vec<String> = against_pca.into_iter().chain(against_pixels).collect();
        format!("Codes beat {}", contests.join("; they beat "))
    }
}

/// What tells a group from the others.
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

/// A lead with its sign, but for one that is none at three digits.
fn signed(lead: f64) -> String {
    if lead.abs() < 0.0005 { "0.000".to_owned() } else { format!("{lead:+.3}").replace('-', "\u{2212}") }
}
