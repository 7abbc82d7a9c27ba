//! Figures on a dark page: rules that give each colour of a figure a lighter one.

/// Ground of a figure on a dark page.
const GROUND: &str = "#1D1D20";

/// Colours of figures, and what stands for each on a dark page. Texts keep a contrast of 4.5 to 1.
const COLOURS: [(&str, &str); 28] = [
    ("#000000", "#000000"),
    ("#222222", "#E8E8E5"),
    ("#555555", "#B8B8B4"),
    ("#606060", "#B8B8B4"),
    ("#6E6E6E", "#B8B8B4"),
    ("#969696", "#8C8C8C"),
    ("#E4E4E4", "#3C3C40"),
    ("#0072B2", "#5FAEE8"),
    ("#3B7CA0", "#7CC0EA"),
    ("#467BA0", "#7CC0EA"),
    ("#5696C4", "#7CC0EA"),
    ("#56B4E9", "#56B4E9"),
    ("#D55E00", "#F08A4B"),
    ("#C35600", "#F08A4B"),
    ("#009E73", "#35C79B"),
    ("#008762", "#35C79B"),
    ("#E69F00", "#E6B24A"),
    ("#9E6D00", "#E6B24A"),
    ("#CC79A7", "#E09CC2"),
    ("#A36085", "#E09CC2"),
    ("#332288", "#9A92E6"),
    ("#882255", "#DB77A5"),
    ("#117733", "#54B87B"),
    ("#999933", "#C2C25A"),
    ("#44AA99", "#44AA99"),
    ("#88CCEE", "#88CCEE"),
    ("#CC6677", "#DB8190"),
    ("#AA4499", "#CF7FC2"),
];
/// Colours that are read on white and on dark ground alike.
const BOTH: [&str; 1] = ["#DDCC77"];

/// A figure that follows the colour scheme of the page. A figure with cells in other colours, whose texts are made for these
/// colours, stays as it is.
pub(super) fn follow_scheme(svg: &str) -> String {
    let is_known = |colour: &str| {
        BOTH.contains(&colour) || COLOURS.iter().any(|(light, _)| *light == colour) || colour.starts_with("#F")
    };
    let colours = ["fill=\"", "stroke=\""].into_iter().flat_map(|name| svg.split(name).skip(1));
    let all_known =
        colours.filter_map(|rest| rest.split('"').next()).filter(|value| value.starts_with('#')).all(is_known);
    match svg.split_once(">\n") {
        Some((tag, rest)) if all_known && tag.starts_with("<svg") => format!("{tag}>\n{}{rest}", style()),
        _ => svg.to_owned(),
    }
}

fn style() -> String {
    let rules: String = COLOURS
        .iter()
        .filter(|(light, dark)| light != dark)
        .map(|(light, dark)| format!("[fill=\"{light}\"]{{fill:{dark}}}[stroke=\"{light}\"]{{stroke:{dark}}}"))
        .collect();
    format!("<style>@media (prefers-color-scheme: dark){{rect[fill^=\"#F\"]{{fill:{GROUND}}}{rules}}}</style>\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::html::contrast;

    #[test]
    fn colours_of_texts_keep_their_contrast_on_dark_ground() {
        // Lines of a grid and frames of pictures are no texts.
        for (light, dark) in COLOURS.iter().filter(|(light, _)| !["#000000", "#E4E4E4"].contains(light)) {
            assert!(contrast(dark, GROUND) >= 4.5, "{light} as {dark}: {:.2}", contrast(dark, GROUND));
        }
    }

    #[test]
    fn a_figure_of_known_colours_follows_the_scheme_and_another_one_stays() {
        let figure = |fill: &str| {
            format!(
                "<svg width=\"1\">\n<rect fill=\"#FFFFFF\" stroke=\"none\"/>\n<text fill=\"{fill}\">a</text>\n</svg>\n"
            )
        };
        let dark = follow_scheme(&figure("#222222"));
        assert!(dark.starts_with("<svg width=\"1\">\n<style>@media (prefers-color-scheme: dark)"), "{dark}");
        let other = figure("#123456");
        assert_eq!(follow_scheme(&other), other);
    }
}
