//! A trained network as a Python file for PyTorch, which reads the recorded weights. The file includes scaling and the
//! filling of missing values.

use std::fmt::Write as _;

use datasets::own::ColumnScaling;
use spec::Run;
use spec::catalogue::Activation;
use zoo::{Kind, Plan, Recurrence, Trainable};

use crate::rows::Form;

/// Text of `autoencoder.py`. It expects `model.safetensors` of the record in the same folder.
pub(crate) fn text(run: &Run, network: &dyn Trainable, form: &Form) -> Result<String, anyhow::Error> {
    let sides = form.sides().iter().map(|side| format!(", {side}")).collect::<String>();
    let is_residual = matches!(network.kind(), Kind::Dense(plan) if plan.is_residual);
    let units = form.values();
    let mut text = format!(
        "\"\"\"The network {} of Hourglass, trained on {}. Needs torch and safetensors.\n\n    \
         from autoencoder import Autoencoder\n    network = Autoencoder.load()\n    \
         codes = network.encode(rows)  # rows: (any number{sides}), {units}\n    \
         outputs = network(rows)  # reconstructions of the rows, in the same units\n",
        run.model.name(),
        serde_json::to_string(&run.dataset.name())?,
    );
    if !is_residual {
        text += "    outputs = network.decode(codes)\n";
    }
    text += "\"\"\"\n\nimport pathlib\n\nimport torch\nfrom safetensors.torch import load_file\n";
    if !form.names.is_empty() {
        let _ = writeln!(text, "\nCOLUMNS = {}", serde_json::to_string(&form.names)?);
    }
    text += "\n\nclass Autoencoder(torch.nn.Module):\n    def __init__(self):\n        super().__init__()\n";
    if let Some(scaling) = &form.scaling {
        let times = form.shape.values() / scaling.columns.len();
        if times > 1 {
            let _ = writeln!(text, "        # Columns repeat in each of {times} steps.");
        }
        let mut buffer = |name: &str, of: &dyn Fn(&ColumnScaling) -> f64| {
            let numbers: Vec<String> = scaling.columns.iter().map(|column| format!("{:?}", of(column))).collect();
            let numbers = format!("torch.tensor([{}], dtype=torch.float64)", numbers.join(", "));
            let repeated = if times > 1 { format!("{numbers}.repeat({times})") } else { numbers };
            let _ = writeln!(text, "        self.register_buffer(\"{name}\", {repeated}, persistent=False)");
        };
        buffer("centre", &|column| column.centre);
        buffer("scale", &|column| column.scale);
        buffer("fill", &|column| column.fill);
    }
    text += &match network.kind() {
        Kind::Dense(plan) | Kind::Gaussian(plan, _) => dense(&plan),
        Kind::Gated(recurrence) => gated(&recurrence, run.model.network.output),
    };
    text += "\n    def scaled(self, rows):\n";
    text += match (form.scaling.is_some(), form.is_bytes) {
        (_, true) => "        return rows.flatten(1).float() / 255\n",
        (true, false) => {
            "        rows = rows.flatten(1).double()\n        \
             # A missing value is NaN.\n        \
             rows = torch.where(rows.isnan(), self.fill, rows)\n        \
             return ((rows - self.centre) / self.scale).float()\n"
        }
        (false, false) => "        return rows.flatten(1).float()\n",
    };
    text += "\n    def unscaled(self, rows):\n";
    text += match (form.scaling.is_some(), form.is_bytes) {
        (_, true) => "        rows = 255 * rows\n",
        (true, false) => "        rows = (rows.double() * self.scale + self.centre).float()\n",
        (false, false) => "",
    };
    let _ = writeln!(text, "        return rows.reshape(-1{sides})");
    Ok(text)
}

/// The layers of a list, each with its activation.
fn layers(plan: &Plan, layers: impl Iterator<Item = usize>) -> String {
    let layer = |index: usize| {
        let layer = &plan.layout.layers[index];
        format!("            torch.nn.Linear({}, {}),\n", layer.inputs, layer.outputs)
    };
    format!("torch.nn.ModuleList([\n{}        ])\n", layers.map(layer).collect::<String>())
}

fn dense(plan: &Plan) -> String {
    let encoder = plan.layout.encoder_layers;
    let (code, all) = (plan.layout.code(), plan.layout.layers.len());
    let names = |layers: std::ops::Range<usize>| -> String {
        let names: Vec<&str> = layers.map(|index| function(plan.activations[index])).collect();
        // A Python tuple of one element ends in a comma.
        names.join(", ") + if names.len() == 1 { "," } else { "" }
    };
    let mut text = format!("        self.encoder = {}", layers(plan, 0..encoder));
    let _ = write!(text, "        self.decoder = {}", layers(plan, encoder..all));
    text += LOAD;
    let _ = write!(
        text,
        "\n    def encode(self, rows):\n        values = self.scaled(rows)\n        \
         for layer, activation in zip(self.encoder, ({})):\n            values = activation(layer(values))\n        \
         return values\n",
        names(0..code + 1)
    );
    if plan.layout.heads == 2 {
        let _ = write!(
            text,
            "\n    def log_variance(self, rows):\n        \"\"\"Log variance of the code; `encode` gives its mean.\"\"\"\n        \
             values = self.scaled(rows)\n        for layer, activation in zip(self.encoder, ({})):\n            \
             values = activation(layer(values))\n        return self.encoder[{}](values)\n",
            names(0..code),
            code + 1
        );
    }
    let body = format!(
        "        for layer, activation in zip(self.decoder, ({})):\n            values = activation(layer(values))\n",
        names(encoder..all)
    );
    if plan.is_residual {
        let _ = write!(
            text,
            "\n    def forward(self, rows):\n        values = self.encode(rows)\n        \
             for layer, activation in zip(self.decoder[:-1], ({})):\n            values = activation(layer(values))\n        \
             # The network adds its input to the sums of its last layer.\n        \
             values = {}(self.decoder[-1](values) + self.scaled(rows))\n        return self.unscaled(values)\n",
            names(encoder..all - 1),
            function(plan.activations[all - 1])
        );
    } else {
        let _ = write!(
            text,
            "\n    def decode(self, codes):\n        values = codes\n{body}        return self.unscaled(values)\n{FORWARD}"
        );
    }
    text
}

fn gated(recurrence: &Recurrence, output: Activation) -> String {
    let Recurrence { steps, width, units, code, .. } = recurrence;
    format!(
        "        self.reader = torch.nn.GRU({width}, {units}, batch_first=True)\n        \
         self.code = torch.nn.Linear({units}, {code})\n        \
         self.writer = torch.nn.GRU({code}, {units}, batch_first=True)\n        \
         self.step = torch.nn.Linear({units}, {width})\n\n    \
         @classmethod\n    def load(cls):\n        \
         weights = load_file(pathlib.Path(__file__).with_name(\"model.safetensors\"))\n        \
         places = {{\"encoder.0.{{}}\": \"reader.{{}}_ih_l0\", \"encoder.1.{{}}\": \"reader.{{}}_hh_l0\", \
         \"encoder.2.{{}}\": \"code.{{}}\"}}\n        \
         places |= {{\"decoder.0.{{}}\": \"writer.{{}}_ih_l0\", \"decoder.1.{{}}\": \"writer.{{}}_hh_l0\", \
         \"decoder.2.{{}}\": \"step.{{}}\"}}\n        \
         network = cls()\n        network.load_state_dict({{\n            \
         place.format(part): weights[name.format(part)] for name, place in places.items() for part in (\"weight\", \"bias\")\n        \
         }})\n        return network.eval()\n\n    \
         def encode(self, rows):\n        _, last = self.reader(self.scaled(rows).reshape(-1, {steps}, {width}))\n        \
         return self.code(last[0])\n\n    \
         def decode(self, codes):\n        states, _ = self.writer(codes[:, None].expand(-1, {steps}, -1))\n        \
         return self.unscaled({}(self.step(states)).flatten(1))\n{FORWARD}",
        function(output)
    )
}

const LOAD: &str = "
    @classmethod
    def load(cls):
        network = cls()
        network.load_state_dict(load_file(pathlib.Path(__file__).with_name(\"model.safetensors\")))
        return network.eval()
";

const FORWARD: &str = "
    def forward(self, rows):
        return self.decode(self.encode(rows))
";

/// Name of an activation's function in PyTorch.
fn function(activation: Activation) -> &'static str {
    match activation {
        Activation::Identity => "torch.nn.Identity()",
        Activation::Relu => "torch.relu",
        // PyTorch's defaults are those of the network: slope 0.01, alpha 1 for ELU, and the exact GELU.
        Activation::LeakyRelu => "torch.nn.functional.leaky_relu",
        Activation::Elu => "torch.nn.functional.elu",
        Activation::Gelu => "torch.nn.functional.gelu",
        Activation::Tanh => "torch.tanh",
        Activation::Sigmoid => "torch.sigmoid",
    }
}
