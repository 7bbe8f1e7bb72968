package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
)

// config is the JSON file of one control plane. A component without flags (null or absent) does not run; the API
// server always does.
type config struct {
	// EtcdDir holds etcd's data.
	EtcdDir string `json:"etcdDir"`
	// EtcdURL and EtcdPeer are where etcd listens: unix:///path or http://127.0.0.1:port. A socket in a directory of
	// mode 0700 needs no authentication of its own.
	EtcdURL  string `json:"etcdURL"`
	EtcdPeer string `json:"etcdPeer"`
	// Fsync makes etcd wait for the disk at every write. Without it data survive the death of the process, not of
	// the machine.
	Fsync bool `json:"fsync"`
	// Server is the API server's own address, https://127.0.0.1:port, and CAFile what its certificate is signed by.
	Server string `json:"server"`
	CAFile string `json:"caFile"`
	// The components' official command line flags.
	APIServer  []string `json:"apiserver"`
	Controller []string `json:"controllerManager"`
	Scheduler  []string `json:"scheduler"`
	Kwok       []string `json:"kwok"`
}

// load reads a config file; a field that it does not know is an error.
func load(path string) (*config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	found := &config{}
	if err := decoder.Decode(found); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for name, value := range map[string]string{
		"etcdDir": found.EtcdDir, "etcdURL": found.EtcdURL, "etcdPeer": found.EtcdPeer,
		"server": found.Server, "caFile": found.CAFile,
	} {
		if value == "" {
			return nil, fmt.Errorf("%s: %s is missing", path, name)
		}
	}
	return found, nil
}

// addresses parses one address into the form that etcd wants.
func addresses(text string) ([]url.URL, error) {
	parsed, err := url.Parse(text)
	if err != nil {
		return nil, err
	}
	return []url.URL{*parsed}, nil
}
