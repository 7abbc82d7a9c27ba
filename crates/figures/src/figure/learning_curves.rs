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
use canvas::text::{Weight, number};

const FIGURE: &str = "learning_curves";

/// Ratio of the last validation loss to the lowest one from which on a network overfits.
const RISEN: f64 = 1.1;

/// Largest number of epochs of a stage with a low panel, whose few points hardly form a curve.
const FEW: usize = 2;

/// Number of small panels of pretraining stages in a row.
const PER_ROW: usize = 4;

/// The error of a baseline, drawn as a horizontal line.
struct BaselineError {
    name: &'static str,
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
    let baselines = baselines(run.training.loss, metrics.filter(|_| tuned));
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

fn baselines(loss: Loss, metrics: Option<&Metrics>) -> Vec<BaselineError> {
    let Some(train) = metrics.and_then(|metrics| metrics.get("train")) else { return Vec::new() };
    let baseline = match loss {
        Loss::Mse => {
            let of = |subject: &str| train.get(subject).map(|error| error.mse_per_pixel);
            let pca = of(subject::PCA).map(|error| ("PCA, training split", "PCA's", error, PCA));
            // Networks without a bottleneck are compared with a filter of full rank.
            let wiener = || {
                let (_, colour) = look(subject::WIENER);
                Some(("Wiener filter, training split", "the Wiener filter's", of(subject::WIENER)?, colour))
            };
            pca.or_else(wiener)
        }
        Loss::Bce => {
            let mean = train.get(subject::MEAN_IMAGE).and_then(|error| error.bce_per_pixel);
            mean.map(|error| ("mean image, training split", "the mean image's", error, DO_NOTHING))
        }
    };
    let positive = baseline.filter(|(.., value, _)| value.is_finite() && *value > 0.0);
    positive.map(|(name, whose, value, colour)| BaselineError { name, whose, value, colour }).into_iter().collect()
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
    match pca {
        Some(pca) if Comparison::of(ends, pca.value) == Comparison::Ties => format!(
            "Training error comes down to {} to half a percent: {} after epoch {}",
            pca.whose,
            number(ends),
            last.last().map_or(0, |epoch| epoch.epoch)
        ),
        Some(pca) if ends < pca.value => {
            let passed = last.iter().rposition(|epoch| epoch.train_loss >= pca.value).map_or(0, |index| index + 1);
            let epoch = last.get(passed).map_or(0, |epoch| epoch.epoch);
            format!("Training error is below {} from epoch {epoch} on and ends at {}", pca.whose, number(ends))
        }
        Some(pca) => format!(
            "Training error stays above {}: after epoch {} it is {}",
            pca.whose,
            last.last().map_or(0, |epoch| epoch.epoch),
            excess(ends / pca.value)
        ),
        None => {
            let (error, unit) = match loss {
                Loss::Mse => ("MSE", "per pixel"),
                Loss::Bce => ("cross-entropy", "nats per pixel"),
            };
            let starts = last.first().map_or(f64::NAN, |epoch| epoch.train_loss);
            let epochs = last.len();
            let plural = if epochs == 1 { "" } else { "s" };
            format!(
                "Training {error} goes from {} to {} {unit} in {epochs} epoch{plural}",
                number(starts),
                number(ends)
            )
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
    let stage = stage.replace("layer-", "layer ");
    let mut letters = stage.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
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

fn large_panel(
    scene: &mut Scene,
    (top, bottom): (f64, f64),
    stage: &[Epoch],
    baselines: &[BaselineError],
    heading: &str,
) -> Result<(), Error> {
    // The label at the right end of each line has its name and last value.
    let mut ends: Vec<(String, f64, RGBColor)> = curves(stage)
        .into_iter()
        .filter_map(|(name, colour, points)| points.last().map(|&(_, y)| (format!("{name} {}", number(y)), y, colour)))
        .collect();
    ends.extend(
        baselines.iter().map(|line| (format!("{} {}", line.name, number(line.value)), line.value, line.colour)),
    );
    let texts: Vec<String> = ends.iter().map(|(text, ..)| text.clone()).collect();
    let right = RIGHT - room(&texts, Weight::Bold)? - 20.0;

    let drawn = || values(stage).chain(baselines.iter().map(|line| line.value));
    let (low, high) = drawn().fold((f64::INFINITY, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    // On a linear scale, a curve far below its baseline would look flat.
    let y = match low > 0.0 && high > 2.0 * low {
        true => Axis::logarithmic(low / (high / low).powf(0.06), high * (high / low).powf(0.06)),
        false => Axis::errors(drawn().collect::<Vec<_>>()),
    };
    let y_title = if y.is_logarithmic() { format!("{heading}, log scale") } else { heading.to_owned() };
    let panel = Panel::new(Area { left: MARGIN, top, right, bottom }, epochs_axis(stage, 10), y)?;
    panel.draw(scene, "epoch", &y_title)?;
    for line in baselines {
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
