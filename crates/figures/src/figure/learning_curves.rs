//! Figure: training and validation loss by epoch, with a panel for each stage.

use plotters::style::RGBColor;
use record::{Epoch, Metrics};
use spec::Run;
use spec::catalogue::{Loss, Tune};
use spec::subject;

use crate::error::Error;
use crate::figure::kit::axes::{Area, Axis, Panel};
use crate::figure::kit::finding::{Comparison, check_rows, excess};
use crate::figure::kit::run_record::RunRecord;
use crate::figure::kit::theme::{AUTOENCODER, DO_NOTHING, Figure, INK, MARGIN, PCA, RIGHT, about, look, name, room};
use canvas::scene::{Anchor, Scene};
use canvas::text::{Weight, capitalised, number};

const FIGURE: &str = "learning_curves";

/// Ratio of the last validation loss to the lowest one from which on a network overfits.
const RISEN: f64 = 1.1;

/// Largest number of epochs of a stage with a low panel, whose few points hardly form a curve.
const FEW: usize = 2;

/// Share of the panel's height that the curves take at least; a baseline that would leave them less stands at the edge.
const OF_CURVES: f64 = 0.5;

/// Number of small panels of pretraining stages in a row.
const PER_ROW: usize = 4;

/// The error of a baseline, drawn as a horizontal line.
struct BaselineError {
    name: String,
    /// Name of the baseline in a title.
    whose: &'static str,
    value: f64,
    colour: RGBColor,
}

/// Draws the figure of a run; `None` if the record lacks its files.
pub(crate) fn draw(record: &RunRecord<'_>) -> Result<Option<Scene>, Error> {
    let epochs = record.rows::<Epoch>(&record.directory.epochs())?;
    epochs.map(|epochs| scene(&record.run, &epochs, record.metrics.as_ref())).transpose()
}

/// Draws `epochs.csv`, without the stage of a classifier, whose loss is of another kind. The baselines of `metrics` are
/// drawn in the last stage if they have the unit of its loss.
pub(crate) fn scene(run: &Run, epochs: &[Epoch], metrics: Option<&Metrics>) -> Result<Scene, Error> {
    check_rows(FIGURE, epochs)?;
    let stages = epochs.chunk_by(|a, b| a.stage == b.stage);
    let stages: Vec<&[Epoch]> = stages.filter(|stage| stage[0].is_of_autoencoder()).collect();
    let Some((last, before)) = stages.split_last() else {
        return Err(Error::data(FIGURE, "there are no epochs".to_owned()));
    };
    // The baselines are fitted to the run's images. A transferred network without further training was not trained on
    // them.
    let tuned = run.training.transfer.is_none_or(|transfer| transfer.tune != Tune::Nothing);
    let baselines = baselines(run.training.loss, last, metrics.filter(|_| tuned));
    let mut figure = Figure::new(&title(run.training.loss, last, &baselines), &subtitle(run, !before.is_empty()))?;

    let scene = &mut figure.scene;
    let mut top = figure.top;
    for row in before.chunks(PER_ROW) {
        let gap = 36.0;
        let width = (RIGHT - MARGIN - gap * (PER_ROW - 1) as f64) / PER_ROW as f64;
        for (column, stage) in row.iter().enumerate() {
            let left = MARGIN + column as f64 * (width + gap);
            small_panel(scene, Area { left, top, right: left + width, bottom: top + 380.0 }, stage)?;
        }
        top += 410.0;
    }
    let unit = match run.training.loss {
        Loss::Mse => "MSE per pixel",
        Loss::Bce => "binary cross-entropy per pixel (nats)",
    };
    let heading = if before.is_empty() { unit.to_owned() } else { format!("{}: {unit}", title_case(&last[0].stage)) };
    let bottom = top
        + match last.len() {
            ..=FEW => 360.0,
            _ if before.is_empty() => 740.0,
            _ => 620.0,
        };
    large_panel(scene, (top, bottom), last, &baselines, &heading)?;
    let caption = match (run.training.loss, before.is_empty()) {
        (Loss::Bce, _) => "PCA minimises squared error, so its cross-entropy is no baseline.",
        (Loss::Mse, false) if run.training.transfer.is_some() => "Each stage has images of its own.",
        (Loss::Mse, false) => {
            "Layer 1 is trained on pixels, each later one on the codes below it: its loss is per unit of those."
        }
        (Loss::Mse, true) => "",
    };
    figure.finish(bottom, caption)
}

/// Baselines on the validation split where the stage has validation errors, else on the training split.
fn baselines(loss: Loss, last: &[Epoch], metrics: Option<&Metrics>) -> Vec<BaselineError> {
    let split = if last.iter().any(|epoch| epoch.validation_loss.is_some()) { "validation" } else { "train" };
    let Some(errors) = metrics.and_then(|metrics| metrics.get(split)) else { return Vec::new() };
    let baseline = match loss {
        Loss::Mse => {
            let of = |subject: &str| errors.get(subject).map(|error| error.mse_per_pixel);
            let pca = of(subject::PCA).map(|error| ("PCA", "PCA's", error, PCA));
            // Networks without a bottleneck are compared with a filter of full rank.
            let wiener = || {
                let (_, colour) = look(subject::WIENER);
                Some(("Wiener filter", "the Wiener filter's", of(subject::WIENER)?, colour))
            };
            pca.or_else(wiener)
        }
        Loss::Bce => {
            let mean = errors.get(subject::MEAN_IMAGE).and_then(|error| error.bce_per_pixel);
            mean.map(|error| ("mean image", "the mean image's", error, DO_NOTHING))
        }
    };
    let positive = baseline.filter(|(.., value, _)| value.is_finite() && *value > 0.0);
    let named = |name| format!("{name}, {} split", if split == "train" { "training" } else { split });
    positive
        .map(|(name, whose, value, colour)| BaselineError { name: named(name), whose, value, colour })
        .into_iter()
        .collect()
}

fn title(loss: Loss, last: &[Epoch], baselines: &[BaselineError]) -> String {
    let ends = last.last().map_or(f64::NAN, |epoch| epoch.train_loss);
    let pca = baselines.iter().find(|_| loss == Loss::Mse);
    let what = match loss {
        Loss::Mse => "error",
        Loss::Bce => "cross-entropy",
    };
    if let Some((best, lowest, end)) = overfit(last) {
        return format!(
            "Overfitting: validation {what} is lowest at epoch {best}, {}, and ends at {}; training {what} falls to {}",
            number(lowest),
            number(end),
            number(ends)
        );
    }
    match last.iter().rev().find_map(|epoch| epoch.validation_loss) {
        Some(end) => title_of_validation(what, end, last, pca),
        None => {
            let starts = last.first().map_or(f64::NAN, |epoch| epoch.train_loss);
            let (change, time) = (change(starts, ends), time(last));
            let whose =
                pca.map_or_else(String::new, |pca| format!("; {} training error is {}", pca.whose, number(pca.value)));
            let unit = if pca.is_some() { "" } else { unit(loss) };
            format!("Training loss {change}{unit} in {time}{whose}")
        }
    }
}

const fn unit(loss: Loss) -> &'static str {
    match loss {
        Loss::Mse => " per pixel",
        Loss::Bce => " nats per pixel",
    }
}

/// `falls from 0.0310 to 0.0120`.
fn change(starts: f64, ends: f64) -> String {
    let verb = if ends < starts { "falls" } else { "goes" };
    format!("{verb} from {} to {}", number(starts), number(ends))
}

/// `20 epochs`.
fn time(stage: &[Epoch]) -> String {
    let epochs = stage.len();
    format!("{epochs} epoch{}", if epochs == 1 { "" } else { "s" })
}

/// The validation error at the end of a stage, against that of a baseline.
fn title_of_validation(what: &str, end: f64, last: &[Epoch], baseline: Option<&BaselineError>) -> String {
    let epochs = || last.iter().filter_map(|epoch| Some((epoch.epoch, epoch.validation_loss?)));
    let last_epoch = last.last().map_or(0, |epoch| epoch.epoch);
    match baseline {
        Some(pca) if Comparison::of(end, pca.value) == Comparison::Ties => format!(
            "Validation {what} comes down to {} to half a percent: {} after epoch {last_epoch}",
            pca.whose,
            number(end)
        ),
        Some(pca) if end < pca.value => {
            let above = epochs().rfind(|(_, error)| *error >= pca.value).map(|(epoch, _)| epoch);
            let below = epochs().map(|(epoch, _)| epoch).find(|epoch| above.is_none_or(|above| *epoch > above));
            let from = below.unwrap_or(last_epoch);
            format!("Validation {what} is below {} from epoch {from} on and ends at {}", pca.whose, number(end))
        }
        Some(pca) => format!(
            "Validation {what} stays above {}: after epoch {last_epoch} it is {}",
            pca.whose,
            excess(end / pca.value)
        ),
        None => {
            let starts = epochs().next().map_or(f64::NAN, |(_, error)| error);
            format!("Validation {what} {} in {}", change(starts, end), time(last))
        }
    }
}

/// Epoch and value of the lowest validation loss, and the last value; `None` unless the loss has risen clearly since.
fn overfit(stage: &[Epoch]) -> Option<(usize, f64, f64)> {
    let validation: Vec<(usize, f64)> =
        stage.iter().filter_map(|epoch| Some((epoch.epoch, epoch.validation_loss?))).collect();
    let (best, lowest) = *validation.iter().min_by(|a, b| a.1.total_cmp(&b.1))?;
    let (_, end) = *validation.last()?;
    let falls = stage.iter().find(|epoch| epoch.epoch == best)?.train_loss > stage.last()?.train_loss;
    (falls && end > RISEN * lowest).then_some((best, lowest, end))
}

fn subtitle(run: &Run, stacked: bool) -> String {
    let what = if stacked { "Loss by epoch and stage" } else { "Loss by epoch" };
    let validation = match run.dataset.validation {
        0 => String::new(),
        count => format!(", {} validation", canvas::text::count(count)),
    };
    format!("{what} · {} · {} training{validation} images", about(run), canvas::text::count(run.dataset.train))
}

/// The name of a stage as a heading: `fine-tuning` becomes `Fine-tuning`, `layer-1` becomes `Layer 1`.
fn title_case(stage: &str) -> String {
    capitalised(&stage.replace("layer-", "layer "))
}

/// Name, colour and points of a curve.
type Curve = (&'static str, RGBColor, Vec<(f64, f64)>);

fn curves(stage: &[Epoch]) -> Vec<Curve> {
    let train = stage.iter().map(|epoch| (epoch.epoch as f64, epoch.train_loss)).collect();
    let validation: Vec<(f64, f64)> =
        stage.iter().filter_map(|epoch| Some((epoch.epoch as f64, epoch.validation_loss?))).collect();
    let mut curves = vec![("training", crate::figure::kit::theme::TRAINING, train)];
    if !validation.is_empty() {
        curves.push(("validation", AUTOENCODER, validation));
    }
    curves
}

fn draw_curves(scene: &mut Scene, panel: &Panel, stage: &[Epoch], width: f64) {
    for (_, colour, points) in curves(stage) {
        let path: Vec<_> = points.iter().map(|&(x, y)| panel.point(x, y)).collect();
        if let &[only] = path.as_slice() {
            scene.disc(only, 2.0 * width, colour);
        } else {
            scene.path(path, width, colour);
        }
    }
}

fn values(stage: &[Epoch]) -> impl Iterator<Item = f64> + Clone {
    stage.iter().flat_map(|epoch| [Some(epoch.train_loss), epoch.validation_loss]).flatten()
}

fn epochs_axis(stage: &[Epoch], ticks: usize) -> Axis {
    let first = stage.first().map_or(1, |epoch| epoch.epoch);
    let last = stage.last().map_or(first, |epoch| epoch.epoch);
    Axis::integers(first, last, ticks)
}

fn small_panel(scene: &mut Scene, area: Area, stage: &[Epoch]) -> Result<(), Error> {
    let panel = Panel::new(area, epochs_axis(stage, 4), Axis::errors(values(stage)))?;
    panel.draw(scene, "epoch", "")?;
    scene.text(name(title_case(&stage[0].stage), (area.left, area.top + 26.0), Anchor::Start, INK));
    draw_curves(scene, &panel, stage, 4.0);
    Ok(())
}

/// The scale of the losses of a stage and its baselines, and whether the baselines lie on it: they do where they leave the curves
/// most of it.
fn scale(stage: &[Epoch], baselines: &[BaselineError]) -> (Axis, bool) {
    let axis = |values: Vec<f64>| {
        let (low, high) =
            values.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), value| (low.min(*value), high.max(*value)));
        // A curve far below its baseline would be flat on a linear scale.
        match low > 0.0 && high > 2.0 * low {
            true => Axis::logarithmic(low / (high / low).powf(0.06), high * (high / low).powf(0.06)),
            false => Axis::errors(values),
        }
    };
    let own: Vec<f64> = values(stage).collect();
    let all = axis(own.iter().copied().chain(baselines.iter().map(|line| line.value)).collect());
    let shares = || own.iter().map(|value| all.share(*value));
    let taken = shares().fold(0.0, f64::max) - shares().fold(1.0, f64::min);
    if baselines.is_empty() || stage.len() == 1 || taken >= OF_CURVES { (all, true) } else { (axis(own), false) }
}

fn large_panel(
    scene: &mut Scene,
    (top, bottom): (f64, f64),
    stage: &[Epoch],
    baselines: &[BaselineError],
    heading: &str,
) -> Result<(), Error> {
    let (y, is_drawn) = scale(stage, baselines);
    // The label at the right end of each line has its name and last value.
    let mut ends: Vec<(String, f64, RGBColor)> = curves(stage)
        .into_iter()
        .filter_map(|(name, colour, points)| points.last().map(|&(_, y)| (format!("{name} {}", number(y)), y, colour)))
        .collect();
    // A baseline beyond the scale is named at the edge.
    ends.extend(baselines.iter().map(|line| {
        let beyond = if is_drawn { "" } else { ", off scale" };
        (format!("{} {}{beyond}", line.name, number(line.value)), y.nearest(line.value), line.colour)
    }));
    let texts: Vec<String> = ends.iter().map(|(text, ..)| text.clone()).collect();
    let right = RIGHT - room(&texts, Weight::Bold)? - 20.0;

    let y_title = if y.is_logarithmic() { format!("{heading}, log scale") } else { heading.to_owned() };
    let panel = Panel::new(Area { left: MARGIN, top, right, bottom }, epochs_axis(stage, 10), y)?;
    panel.draw(scene, "epoch", &y_title)?;
    for line in baselines.iter().filter(|_| is_drawn) {
        let y = panel.down(line.value);
        scene.dashed((panel.area.left, y), (right, y), 4.0, line.colour);
    }
    best_epoch(scene, &panel, stage);
    draw_curves(scene, &panel, stage, 5.0);

    panel.ends(scene, &ends);
    Ok(())
}

/// Marks the lowest validation loss where it is not the last.
fn best_epoch(scene: &mut Scene, panel: &Panel, stage: &[Epoch]) {
    let validation_losses = stage.iter().filter_map(|epoch| Some((epoch.epoch, epoch.validation_loss?)));
    let Some((epoch, loss)) = validation_losses.min_by(|a, b| a.1.total_cmp(&b.1)) else { return };
    if stage.last().is_some_and(|last| last.epoch == epoch) {
        return;
    }
    let at = panel.point(epoch as f64, loss);
    panel.marker(scene, epoch as f64, at.1, &format!("lowest validation loss: epoch {epoch}"));
    scene.disc(at, 10.0, AUTOENCODER);
}
