//! The edits.

mod first;
mod second;

/// Text that takes another's place in a file; of all nodes when the path begins with `*`.
pub(crate) struct Edit {
    pub(crate) file: &'static str,
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
}

/// A shape that somebody broke.
pub(crate) struct Broken {
    pub(crate) shape: &'static str,
    pub(crate) how: &'static str,
    pub(crate) edits: Vec<Edit>,
    /// `severity[code] file:line` of all findings, in order.
    pub(crate) expected: Vec<&'static str>,
}

fn edit(file: &'static str, from: &'static str, to: &'static str) -> Edit {
    Edit { file, from, to }
}

fn of(
    shape: &'static str,
    how: &'static str,
    edits: Vec<Edit>,
    expected: &[&'static str],
) -> Broken {
    Broken {
        shape,
        how,
        edits,
        expected: expected.to_vec(),
    }
}

/// All of them, by shape.
pub(crate) fn broken() -> Vec<Broken> {
    let all = [
        first::of_kubeadm_vip_only(),
        first::of_patroni_haproxy(),
        first::of_galera_three_nodes(),
        first::of_ipv6_only(),
        first::of_dual_stack_sync_group(),
        first::of_lvs_dr_notify(),
        second::of_conf_d_includes(),
        second::of_one_file_for_all(),
        second::of_virtual_mac(),
        second::of_container_image(),
        second::of_home_lab_dns(),
        second::of_cloud_floating_address(),
        second::of_strict_owner(),
        second::of_vlan_gateways(),
        second::of_three_nodes(),
        second::of_unicast_across_sites(),
        second::of_nopreempt_pair(),
        second::of_active_active(),
    ];
    all.into_iter().flatten().collect()
}
