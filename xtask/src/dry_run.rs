//! `cargo xtask run --dry-run`: prints a table of the runs and the time that they take.

use record::RunDirectory;
use spec::{Experiment, Run};
use system::terminal;

use crate::plan::{Standing, standing};
use crate::{Failure, RunArguments, estimate, networks};

/// A run with the state of its record.
struct Planned<'r> {
    run: &'r Run,
    standing: Standing,
}

impl Planned<'_> {
    fn is_to_do(&self) -> bool {
        matches!(self.standing, Standing::Due | Standing::WithoutWeights)
    }

    fn state(&self) -> &'static str {
        match self.standing {
            Standing::Due | Standing::WithoutWeights => "to do",
            Standing::Complete => "done",
            Standing::Failed(_) => "failed; --force runs it again",
            Standing::Interrupted(_) => "interrupted; --resume continues it",
        }
    }
}

/// The runs of an experiment.
struct Plan<'r> {
    experiment: &'r Experiment,
    runs: Vec<Planned<'r>>,
}

impl<'r> Plan<'r> {
    fn of(experiment: &'r Experiment, arguments: &RunArguments) -> Result<Self, Failure> {
        let planned = |run| Ok(Planned { run, standing: standing(run, arguments)? });
        let runs = experiment.runs.iter().map(planned).collect::<Result<_, Failure>>()?;
        Ok(Self { experiment, runs })
    }

    /// Estimated seconds of the runs to do, and how many of them are training.
    fn seconds(&self) -> [f64; 2] {
        let to_do: Vec<&Run> = self.runs.iter().filter(|run| run.is_to_do()).map(|planned| planned.run).collect();
        if to_do.is_empty() {
            return [0.0; 2];
        }
        let training: f64 = to_do.iter().map(|run| estimate::training(run)).sum();
        let evaluation: f64 = to_do.iter().map(|run| estimate::evaluation(run)).sum();
        [training + evaluation + estimate::summary(self.runs.iter().map(|planned| planned.run)), training]
    }

    fn dataset(&self) -> String {
        self.runs.first().map_or_else(String::new, |planned| planned.run.dataset.name())
    }

    /// Numbers of networks, of runs, of finished runs, and of stopped runs (failed or interrupted) that are not to do.
    fn counts(&self) -> [usize; 4] {
        let count = |is: fn(&Standing) -> bool| self.runs.iter().filter(|planned| is(&planned.standing)).count();
        let mut labels: Vec<String> = self.runs.iter().map(|planned| planned.run.label()).collect();
        labels.dedup();
        let done = count(|standing| matches!(standing, Standing::Complete));
        let stopped = count(|standing| matches!(standing, Standing::Failed(_) | Standing::Interrupted(_)));
        [labels.len(), self.runs.len(), done, stopped]
    }

    /// Names of the tasks.
    fn tasks(&self) -> String {
        let mut names: Vec<&str> = Vec::new();
        for name in self.runs.iter().flat_map(|planned| &planned.run.evaluation.tasks).map(|task| task.name()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    }
}

/// Prints the runs of one experiment, or a row for each of several experiments, and the time that the runs take. With
/// `--verbose` the resolved specs follow, and all other lines are comments.
pub(crate) fn print(experiments: &[Experiment], arguments: &RunArguments) -> Result<(), Failure> {
    let plan = |experiment| Plan::of(experiment, arguments);
    let plans = experiments.iter().map(plan).collect::<Result<Vec<_>, Failure>>()?;
    let mut text = match &plans[..] {
        [plan] => of_one(plan),
        plans => of_many(plans),
    };
    let all = || plans.iter().flat_map(|plan| &plan.runs);
    let to_do: Vec<&Run> = all().filter(|planned| planned.is_to_do()).map(|planned| planned.run).collect();
    let runs = if all().count() == 1 { "run" } else { "runs" };
    text += &format!("\n{} of {} {runs} to do", to_do.len(), all().count());
    if !to_do.is_empty() {
        let [seconds, training] =
            plans.iter().map(Plan::seconds).fold([0.0; 2], |[all, part], [a, b]| [all + a, part + b]);
        let share = 100.0 * training / seconds;
        text += &format!(", about {} on two processor cores; {share:.0} % of it is training", duration(seconds));
    }
    text += "\n";
    let missing = networks::missing(to_do)?.len();
    if missing > 0 {
        let networks = if missing == 1 { "network" } else { "networks" };
        text += &format!("{missing} {networks} to compile first, once\n");
    }
    if arguments.verbose {
        text = text.lines().map(|line| format!("# {line}").trim_end().to_owned() + "\n").collect();
        all().for_each(|planned| text += &spec_of(planned, arguments));
    } else {
        text += "--verbose prints each run with all its keys\n";
    }
    Ok(terminal::answer(&text)?)
}

/// The runs of one experiment: a row for each.
fn of_one(plan: &Plan<'_>) -> String {
    let Experiment { name, question, .. } = plan.experiment;
    let head = ["run", "parameters", "training rows", "epochs at most", "time", "state"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for planned @ Planned { run, .. } in &plan.runs {
        let seconds = if planned.is_to_do() { estimate::training(run) + estimate::evaluation(run) } else { 0.0 };
        rows.push(vec![
            format!("{}/seed-{}", run.label(), run.seed),
            run.model.parameter_count().to_string(),
            run.dataset.train.to_string(),
            run.epochs().to_string(),
            time(seconds),
            planned.state().to_owned(),
        ]);
    }
    format!("{name} on {}: {question}\n\n{}  tasks: {}\n", plan.dataset(), table(&rows), plan.tasks())
}

/// Several experiments: a row for each, and a row for all.
fn of_many(plans: &[Plan<'_>]) -> String {
    let head = ["experiment", "data set", "networks", "runs", "done", "stopped", "time", "tasks"];
    let (mut rows, mut all, mut total) = (vec![head.map(str::to_owned).to_vec()], [0; 4], 0.0);
    let row = |name: &str, dataset: String, counts: [usize; 4], seconds: f64, tasks: String| {
        let counts = counts.map(|count| count.to_string());
        [vec![name.to_owned(), dataset], counts.to_vec(), vec![time(seconds), tasks]].concat()
    };
    for plan in plans {
        let (counts, [seconds, _]) = (plan.counts(), plan.seconds());
        all.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        total += seconds;
        rows.push(row(&plan.experiment.name, plan.dataset(), counts, seconds, plan.tasks()));
    }
    rows.push(row("all", String::new(), all, total, String::new()));
    if all[3] == 0 {
        let stopped = head.iter().position(|name| *name == "stopped");
        rows.iter_mut().for_each(|row| drop(stopped.map(|column| row.remove(column))));
    }
    table(&rows)
}

/// A text table with columns as wide as their widest cell. Words are aligned left, numbers right.
fn table(rows: &[Vec<String>]) -> String {
    const LEFT: [&str; 5] = ["run", "experiment", "data set", "state", "tasks"];
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).zip(&rows[0]).map(|((cell, &width), head)| {
            if LEFT.contains(&head.as_str()) { format!("  {cell:<width$}") } else { format!("  {cell:>width$}") }
        });
        text += &format!("{}\n", cells.collect::<String>().trim_end());
    }
    text
}

/// The resolved spec of a run, below a comment with its folder.
fn spec_of(planned: &Planned<'_>, arguments: &RunArguments) -> String {
    let Planned { run, .. } = planned;
    let mut text = format!("\n# {} ({})\n", RunDirectory::of(run, &arguments.out).path().display(), planned.state());
    let (code, values) = (run.model.code(), run.model.network.shape.values());
    if code > values {
        text += &format!("# overcomplete: the code has {code} units for {values} values\n");
    }
    text + &run.to_toml()
}

/// A time as text; a dash for 0 seconds.
fn time(seconds: f64) -> String {
    if seconds > 0.0 { duration(seconds) } else { "–".to_owned() }
}

fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 1.5 => "1 s".to_owned(),
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 5400.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}
