// Command kubebox is a Kubernetes control plane in one process: etcd, kube-apiserver, kube-controller-manager,
// kube-scheduler, and kwok, which plays the nodes' part.
//
// It links the official components; nothing of theirs is changed. Run in one process they share the binary's memory
// and start in the right order, and one signal ends them all.
//
// Usage: kubebox all CONFIG.json   (see config.go for the file)
//
//	kubebox version
package main

import (
	"fmt"
	"os"

	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	"k8s.io/component-base/version"
)

const usage = "usage: kubebox all CONFIG.json | kubebox version"

func main() {
	var err error
	switch {
	case len(os.Args) == 3 && os.Args[1] == "all":
		err = run(os.Args[2])
	case len(os.Args) == 2 && os.Args[1] == "version":
		fmt.Println(version.Get().GitVersion)
	default:
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "kubebox:", err)
		os.Exit(1)
	}
}
