package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"
	"k8s.io/client-go/rest"
	logsapi "k8s.io/component-base/logs/api/v1"
)

const (
	// readyInterval is how often the API server is asked whether it is ready.
	readyInterval = 20 * time.Millisecond
	// stopTimeout bounds how long the API server may take to end its requests.
	stopTimeout = 10 * time.Second
)

// run starts a control plane and keeps it up until a signal arrives or one of its components fails.
func run(path string) error {
	// the components share one logging set-up: a second one is no mistake here
	logsapi.ReapplyHandling = logsapi.ReapplyHandlingIgnoreUnchanged
	rest.SetDefaultWarningHandler(rest.NoWarnings{})
	settings, err := load(path)
	if err != nil {
		return err
	}
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	started := time.Now()

	storage, err := startEtcd(ctx, settings)
	if err != nil {
		return fmt.Errorf("etcd: %w", err)
	}
	defer storage.Close()

	serve, err := prepareAPIServer(ctx, settings.APIServer)
	if err != nil {
		return fmt.Errorf("kube-apiserver: %w", err)
	}
	served := make(chan error, 1)
	go func() { served <- serve(ctx) }()
	if err := waitReady(ctx, settings, served); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "kubebox: ready after %s\n", time.Since(started).Round(time.Millisecond))

	failed := make(chan error, 3)
	for _, part := range []struct {
		name  string
		flags []string
		start func(context.Context, []string) (func() error, error)
	}{
		{"kube-controller-manager", settings.Controller, prepareControllerManager},
		{"kube-scheduler", settings.Scheduler, prepareScheduler},
		{"kwok", settings.Kwok, prepareKwok},
	} {
		if part.flags == nil {
			continue
		}
		work, err := part.start(ctx, part.flags)
		if err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		go func() {
			err := work()
			if ctx.Err() == nil { // nobody asked it to end
				failed <- fmt.Errorf("%s ended: %w", part.name, orUnknown(err))
			}
		}()
	}

	select {
	case err := <-failed:
		return err
	case err := <-served:
		return endOf("kube-apiserver", ctx, err)
	case <-ctx.Done():
	}
	// the API server lets its requests end before storage goes away
	select {
	case err := <-served:
		return endOf("kube-apiserver", ctx, err)
	case <-time.After(stopTimeout):
		return fmt.Errorf("kube-apiserver did not end within %s", stopTimeout)
	}
}

// endOf tells an end that was asked for from a failure.
func endOf(name string, ctx context.Context, err error) error {
	if ctx.Err() != nil && (err == nil || errors.Is(err, context.Canceled)) {
		return nil
	}
	return fmt.Errorf("%s ended: %w", name, orUnknown(err))
}

func orUnknown(err error) error {
	if err == nil {
		return errors.New("no reason given")
	}
	return err
}

// startEtcd opens the storage and waits until it takes requests.
func startEtcd(ctx context.Context, settings *config) (*embed.Etcd, error) {
	options := embed.NewConfig()
	options.Name, options.Dir, options.UnsafeNoFsync = "kubebox", settings.EtcdDir, !settings.Fsync
	clients, err := addresses(settings.EtcdURL)
	if err != nil {
		return nil, err
	}
	peers, err := addresses(settings.EtcdPeer)
	if err != nil {
		return nil, err
	}
	options.ListenClientUrls, options.AdvertiseClientUrls = clients, clients
	options.ListenPeerUrls, options.AdvertisePeerUrls = peers, peers
	options.InitialCluster = options.InitialClusterFromName(options.Name)
	options.ZapLoggerBuilder = embed.NewZapLoggerBuilder(zap.NewNop())
	storage, err := embed.StartEtcd(options)
	if err != nil {
		return nil, err
	}
	select {
	case <-storage.Server.ReadyNotify():
		return storage, nil
	case err := <-storage.Err():
		storage.Close()
		return nil, err
	case <-ctx.Done():
		storage.Close()
		return nil, ctx.Err()
	}
}

// waitReady probes the API server until it is ready.
func waitReady(ctx context.Context, settings *config, served <-chan error) error {
	certificate, err := os.ReadFile(settings.CAFile)
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(certificate) {
		return fmt.Errorf("%s holds no certificate", settings.CAFile)
	}
	client := &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true,
	}}
	ticker := time.NewTicker(readyInterval)
	defer ticker.Stop()
	for {
		select {
		case err := <-served:
			return endOf("kube-apiserver", ctx, err)
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
			response, err := client.Get(settings.Server + "/readyz")
			if err != nil {
				continue // not listening yet
			}
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
	}
}
