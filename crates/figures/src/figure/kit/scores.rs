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
        // Of each comparison with PCA, and with pixels, whether the network wins.
        let mut wins = [Vec::new(), Vec::new()];
        for (field, name) in self.fields {
            for group in &groups {
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
        let mut figure = Figure::new(&self.title(&groups, &wins), &about_experiment(summary))?;
        let titles = (self.axis, "lead over PCA");
        let bottom = dumbbell::draw(&mut figure.scene, figure.top, &rows, titles, Scale::Close)?;
        let several = groups.iter().any(|group| group.seeds.len() > 1);
        let bars = if several { " Bars: one standard deviation over seeds." } else { "" };
        figure.finish(bottom, &format!("{}{bars}", self.caption)).map(Some)
    }

    /// What the first field comes to, and how often the networks win.
    fn title(&self, groups: &[&Group], [pca, pixels]: &[Vec<bool>; 2]) -> String {
        let count = |wins: &[bool]| wins.iter().filter(|won| **won).count();
        let of = |wins: &[bool], whom: &str| format!("{whom} in {} of {} scores", count(wins), wins.len());
        let contests: Vec<String> = [(pca, "PCA's"), (pixels, "pixels")]
            .into_iter()
            .filter(|(wins, _)| !wins.is_empty())
            .map(|(wins, whom)| of(wins, whom))
            .collect();
        let best = self.fields.first().and_then(|(field, name)| {
            let scores =
                groups.iter().filter_map(|group| Some((group.metric("test", AUTOENCODER, field)?.mean, *group)));
            let (score, group) = scores.max_by(|a, b| a.0.total_cmp(&b.0))?;
            let of = |subject: &str, whom: &str| {
                group.metric("test", subject, field).map(|spread| format!(", {:.3} {whom}", spread.mean))
            };
            let others = [of(PCA, "with PCA"), of(RAW_PIXELS, "with pixels")].into_iter().flatten().collect::<String>();
            let at = if groups.len() > 1 { format!(" of {}", tag(group, groups)) } else { String::new() };
            Some(format!("; {name}{at}: {score:.3}{others}"))
        });
        format!("Codes beat {}{}", contests.join(" and "), best.unwrap_or_default())
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
