//! What is tracked, and groups, as text.

use core::time::Duration;

use super::{Printer, word};
use crate::ast::leaf::Spanned;
use crate::ast::vrrp::{
    BfdInstance, GarpGroup, ParamMatch, Script, SyncGroup, TrackFile, TrackLine, TrackProcess,
    TrackWeight, Vrrp,
};
use crate::keepalived::value::print_seconds;

impl Printer {
    /// Everything that instances refer to.
    pub(super) fn tracked(&mut self, vrrp: &Vrrp) {
        for script in &vrrp.scripts {
            self.block("vrrp_script", &word(&script.name), |out| out.script(script));
        }
        for file in &vrrp.track_files {
            self.block("track_file", &word(&file.name), |out| out.track_file(file));
        }
        for process in &vrrp.track_processes {
            self.block("vrrp_track_process", &word(&process.name), |out| {
                out.track_process(process);
            });
        }
        for bfd in &vrrp.bfd_instances {
            self.block("bfd_instance", &word(&bfd.name), |out| out.bfd(bfd));
        }
    }

    fn bfd(&mut self, bfd: &BfdInstance) {
        let millis = |time: &Spanned<Duration>| print_seconds(time.value * 1000);
        self.value("neighbor_ip", bfd.neighbor);
        self.value("source_ip", bfd.source);
        self.value("min_rx", bfd.min_rx.as_ref().map(millis));
        self.value("min_tx", bfd.min_tx.as_ref().map(millis));
        self.value("idle_tx", bfd.idle_tx.as_ref().map(millis));
        self.value("multiplier", bfd.multiplier);
        self.flag("passive", bfd.passive);
        self.value("ttl", bfd.ttl);
        self.value("max_hops", bfd.max_hops);
        self.switch("multihop", bfd.multihop);
        self.value(
            "weight",
            bfd.weight.map(|weight| track_weight(weight.value)),
        );
        self.flag("vrrp", bfd.vrrp);
        self.flag("checker", bfd.checker);
    }

    /// Everything that refers to instances or interfaces.
    pub(super) fn groups(&mut self, vrrp: &Vrrp) {
        for group in &vrrp.sync_groups {
            self.block("vrrp_sync_group", &word(&group.name), |out| {
                out.sync_group(group);
            });
        }
        for group in &vrrp.track_groups {
            self.block("track_group", &word(&group.name), |out| {
                out.list("group", &group.members, |name| word(name));
            });
        }
        for group in &vrrp.garp_groups {
            self.block("garp_group", "", |out| out.garp_group(group));
        }
    }

    fn script(&mut self, script: &Script) {
        self.command("script", script.command.as_ref());
        self.time("interval", script.interval.as_ref());
        self.time("timeout", script.timeout.as_ref());
        self.value(
            "weight",
            script.weight.map(|weight| track_weight(weight.value)),
        );
        self.value("rise", script.rise);
        self.value("fall", script.fall);
        self.user("user", script.user.as_ref());
        self.flag("init_fail", script.init_fail);
    }

    fn track_file(&mut self, file: &TrackFile) {
        self.text("file", file.file.as_ref());
        self.value(
            "weight",
            file.weight.map(|weight| track_weight(weight.value)),
        );
        if let Some(init) = &file.init {
            let value = init.value.value.map(|value| format!(" {value}"));
            let overwrite = if init.value.overwrite {
                " overwrite"
            } else {
                ""
            };
            self.line(format_args!(
                "init_file{}{overwrite}",
                value.unwrap_or_default()
            ));
        }
    }

    fn track_process(&mut self, process: &TrackProcess) {
        let words = process.process.as_ref();
        let words = words.map(|words| words.iter().map(|text| word(text)).collect::<Vec<_>>());
        self.value("process", words.map(|words| words.join(" ")));
        if let Some(kind) = process.param_match {
            self.line(match kind.value {
                ParamMatch::Exact => "param_match",
                ParamMatch::Initial => "param_match initial",
                ParamMatch::Partial => "param_match partial",
            });
        }
        self.value(
            "weight",
            process.weight.map(|weight| track_weight(weight.value)),
        );
        self.value("quorum", process.quorum);
        self.value("quorum_max", process.quorum_max);
        self.time("terminate_delay", process.terminate_delay.as_ref());
        self.time("fork_delay", process.fork_delay.as_ref());
        self.flag("full_command", process.full_command);
    }

    fn sync_group(&mut self, group: &SyncGroup) {
        self.list("group", &group.members, |name| word(name));
        self.list("track_interface", &group.track_interfaces, track_line);
        self.list("track_script", &group.track_scripts, track_line);
        self.list("track_file", &group.track_files, track_line);
        self.list("track_process", &group.track_processes, track_line);
        self.list("track_bfd", &group.track_bfds, track_line);
        self.notify(&group.notify);
        self.switch("smtp_alert", group.smtp_alert);
        self.switch("notify_priority_changes", group.notify_priority_changes);
        self.flag("global_tracking", group.global_tracking);
        self.flag("sync_group_tracking_weight", group.tracking_weight);
    }

    fn garp_group(&mut self, group: &GarpGroup) {
        self.time("garp_interval", group.garp_interval.as_ref());
        self.time("gna_interval", group.gna_interval.as_ref());
        self.list("interfaces", &group.interfaces, |name| word(name));
    }
}

pub(super) fn track_weight(weight: TrackWeight) -> String {
    let reverse = match weight.reverse {
        None => "",
        Some(true) => " reverse",
        Some(false) => " noreverse",
    };
    format!("{}{reverse}", weight.weight)
}

pub(super) fn track_line(line: &TrackLine) -> String {
    let weight = line
        .weight
        .map(|weight| format!(" weight {}", track_weight(weight)));
    format!("{}{}", word(&line.name), weight.unwrap_or_default())
}
