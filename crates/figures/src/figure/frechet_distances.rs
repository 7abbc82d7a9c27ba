//! Figure: Frechet distance of the samples of each network and sampler from the data.

use spec::subject;

use crate::error::Error;
use crate::figure::kit::dumbbell::{self, Dot, Row, Scale};
use crate::figure::kit::finding::check_spreads;
use crate::figure::kit::theme::Figure;
use crate::figure::kit::theme::about_experiment;
use crate::summary::{Group, Spread, Summary};
use canvas::scene::Scene;
use canvas::text::number;

const FIGURE: &str = "frechet_distances";

/// Draws the groups with samples; `None` if there are none.
pub(crate) fn scene(summary: &Summary) -> Result<Option<Scene>, Error> {
    let subjects = [
        subject::PRIOR_SAMPLES,
        subject::MIXTURE_SAMPLES,
        subject::PCA_SAMPLES,
        subject::PCA_MIXTURE_SAMPLES,
        subject::TEST_IMAGES,
    ];
    let distance = |group: &Group, of: &str| group.metric("test", of, "frechet_distance");
    let groups: Vec<&Group> =
        summary.groups.iter().filter(|group| distance(group, subject::PRIOR_SAMPLES).is_some()).collect();
    let all = || groups.iter().flat_map(|group| subjects.iter().filter_map(move |of| distance(group, of)));
    if groups.is_empty() {
        return Ok(None);
    }
    check_spreads(FIGURE, "frechet_distance", all().collect::<Vec<_>>())?;
    let named = |group: &Group, of: &'static str| {
        distance(group, of).map(|Spread { mean, .. }| (mean, of, group.network().to_owned()))
    };
    let own = groups.iter().flat_map(|group| subjects[..2].iter().filter_map(|of| named(group, of)));
    let Some((best, of, network)) = own.min_by(|a, b| a.0.total_cmp(&b.0)) else { return Ok(None) };
    let how = if of == subject::PRIOR_SAMPLES { "its prior" } else { "a mixture fit to its codes" };
    let linear = groups.iter().flat_map(|group| subjects[2..4].iter().filter_map(|of| named(group, of)));
    let best_linear = linear.map(|(distance, ..)| distance).min_by(f64::total_cmp);
    let linear = best_linear.filter(|distance| *distance <= best);
    let title = match linear {
        None => {
            let next = best_linear.map_or_else(String::new, |linear| format!("; PCA's best is {}", number(linear)));
            format!("Samples of “{network}” with {how} are closest to the data: mean distance {}{next}", number(best))
        }
        Some(linear) => format!(
            "PCA's samples are closest to the data: mean distance {}; the best network's is {}",
            number(linear),
            number(best)
        ),
    };
    let rows: Vec<Row> = groups
        .iter()
        .map(|group| Row {
            name: group.network().to_owned(),
            dots: Dot::each(subjects, |subject| distance(group, subject)),
            note: distance(group, subject::PRIOR_SAMPLES).map_or_else(String::new, |spread| number(spread.mean)),
        })
        .collect();
    let mut figure = Figure::new(&title, &about_experiment(summary))?;
    // Older records have no copies of training images, and use training images as the reference.
    let is_to_test_images =
        groups.iter().all(|of| of.metric("test", subject::TRAINING_RECONSTRUCTIONS, "nearest_distance").is_some());
    let (reference, new) = if is_to_test_images {
        ("Frechet distance to every second test image", "the others, as new data")
    } else {
        ("Frechet distance to training images", "what new data have")
    };
    let titles = (reference, "from the prior");
    let bottom = dumbbell::draw(&mut figure.scene, figure.top, &rows, titles, Scale::Ratios)?;
    let caption = format!(
        "Frechet distance, the lower the better: how far means and covariances of samples and data are apart, in the features of a \
         classifier of the same images. Test images: {new}. Marks: mean over seeds. Bars: one standard deviation."
    );
    figure.finish(bottom, &caption).map(Some)
}
