# What the dumps of the VRRP process and of the parent show of global_defs: all as it is by itself,
# and all that can be set beside each other.
own_tmp
# Left out: the version of a library, what the original's parent has not worked out, and in which of
# two tables UDP is. Ours lets nobody but its owner read them, whatever the umask.
shown() {
  echo "# $1"
  for file in keepalived.data keepalived_parent.data; do
    [ $1 = set ] || stat -c '%a %n' /tmp/$file
    sed -nE '/^------< Global/,/^------< /{
     /libnftnl version/d
     p
    }' /tmp/$file | awk '/LVS TCP timeout/ && seen++ {sub("TCP", "UDP")} /^------/ && titles++ {next} {print}'
  done | awk '/^------/ {files++} files < 2 || !/lower priority (delay|repeat)/'
}
both() { # NAME
  start; logs 1 "Startup complete"; logs 1 'Entering'
  dump_to keepalived.data USR1 '^------< Interfaces'
  await dumped keepalived_parent.data umask
  shown $1; stop; rm /tmp/keepalived*.data; : > /run/log
}
instance A 51 100 > /etc/node.conf; both default
{
cat <<X
net_namespace_ipvs
global_defs {
 router_id edge
 process_name kaparent
 vrrp_process_name kavrrp
 checker_process_name kacheck
 bfd_process_name kabfd
 smtp_server 192.0.2.25 2525
 smtp_helo_name helo.example
 smtp_connect_timeout 11
 notification_email_from ka@example.com
 notification_email {
  one@example.com
  two@example.com
 }
 smtp_alert off
 smtp_alert_checker on
 checker_log_all_failures
 reload_check_config /tmp/check.log
 reload_file /run/reloading
 config_save_dir /run/saved
 startup_script "/usr/bin/sleep 0"
 startup_script_timeout 9
 shutdown_script "/usr/bin/sleep 0"
 dynamic_interfaces allow_if_changes
 no_email_faults
 lvs_timeouts tcp 7 tcpfin 8 udp 9
 disable_local_igmp
 lvs_flush
 lvs_flush_on_stop VS
 notify_fifo /run/fifo root
 notify_fifo_script "/usr/bin/sleep 60"
 vrrp_notify_fifo /run/vfifo
 lvs_notify_fifo /run/lfifo nobody nogroup
 fifo_write_vrrp_states_on_reload
 vrrp_notify_priority_changes
 vrrp_mcast_group4 224.0.0.19
 vrrp_mcast_group6 ff02::13
 vrrp_garp_master_delay 6
 vrrp_garp_master_repeat 7
 vrrp_garp_master_refresh 80
 vrrp_garp_master_refresh_repeat 2
 vrrp_garp_lower_prio_delay 9
 vrrp_garp_lower_prio_repeat 4
 vrrp_down_timer_adverts 4
 vrrp_garp_extra_if all 70
 vrrp_lower_prio_no_advert
 vrrp_higher_prio_send_advert
 vrrp_garp_interval 0.0015
 vrrp_gna_interval 0.25
 vrrp_version 3
 nftables katab
 nftables_priority -5
 nftables_ifindex
 nftables_counters
 nftables_ipvs kaipvs
 nftables_ipvs_priority 3
 nftables_ipvs_start_fwmark 2000
 vrrp_check_unicast_src
 vrrp_skip_check_adv_addr
 max_auto_priority 50
 min_auto_priority_delay 2000
 vrrp_priority -3
 vrrp_cpu_affinity 1
 vrrp_rlimit_rttime 300000
 checker_priority 4
 checker_no_swap
 checker_rt_priority 3
 checker_cpu_affinity 1
 bfd_priority 5
 bfd_no_swap
 bfd_rt_priority 4
 script_user root
 enable_script_security
 vrrp_netlink_cmd_rcv_bufs 100000
 vrrp_netlink_cmd_rcv_bufs_force
 vrrp_netlink_monitor_rcv_bufs 100001
 lvs_netlink_cmd_rcv_bufs 100002
 lvs_netlink_cmd_rcv_bufs_force
 lvs_netlink_monitor_rcv_bufs 100003
 process_monitor_rcv_bufs 100004
 rs_init_notifies
 no_checker_emails
 vrrp_rx_bufs_policy ADVERT
 vrrp_rx_bufs_multiplier 5
 umask 0137
 vrrp_startup_delay 0.5
 log_unknown_vrids
 vmac_prefix vm
 vmac_addr_prefix va
}
X
instance A 51 100
} > /etc/node.conf; both set
