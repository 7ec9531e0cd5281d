kubeadm init --image-repository=registry.aliyuncs.com/google_containers \
--control-plane-endpoint=192.168.1.31 \
--service-cidr=10.96.0.0/16 --pod-network-cidr=10.244.0.0/16 --cri-socket=unix:///var/run/cri-dockerd.sock
