package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

//go:embed packages.py
var listPackages string

// withoutPlugin are packages of Pulumi that have no plugin and carry no manifest that says so.
var withoutPlugin = map[string]bool{"pulumi-policy": true, "pulumi-esc-sdk": true}

// installedPackage is one entry of what packages.py prints.
type installedPackage struct {
	Name string `json:"name"`
	// Version is the package's as a semantic one, empty where it has no counterpart.
	Version string                   `json:"version"`
	Plugin  *plugin.PulumiPluginJSON `json:"plugin"`
}

// GetRequiredPackages tells the engine which plugins the project's installed Python packages want.
//
// A project that names a virtual environment which is not there yet gets it made first.
func (h *host) GetRequiredPackages(
	call context.Context, request *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	ctx, done := h.operation(call)
	defer done()
	found, _, err := resolve(request.GetInfo())
	if err != nil {
		return nil, err
	}
	log, err := h.engineLog(ctx)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	err = found.EnsureVenv(ctx, request.GetInfo().GetProgramDirectory(), false, true,
		log.at(pulumirpc.LogSeverity_INFO), log.at(pulumirpc.LogSeverity_ERROR))
	if err != nil {
		return nil, err
	}
	command, err := found.Command(ctx, "-c", listPackages)
	if err != nil {
		return nil, err
	}
	command.Dir = request.GetInfo().GetProgramDirectory()
	output, err := command.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return nil, fmt.Errorf("%s cannot list its packages: %w: %s", command.Path, err, exit.Stderr)
		}
		return nil, fmt.Errorf("cannot run %s: %w", command.Path, err)
	}
	var packages []installedPackage
	if err := json.Unmarshal(output, &packages); err != nil {
		return nil, fmt.Errorf("%s answered no list of packages: %w", command.Path, err)
	}
	response := &pulumirpc.GetRequiredPackagesResponse{}
	for _, item := range packages {
		if dependency := item.dependency(); dependency != nil {
			response.Packages = append(response.Packages, dependency)
		}
	}
	return response, nil
}

// dependency is the plugin that a package wants; nil where it wants none or its version cannot be told.
func (p installedPackage) dependency() *pulumirpc.PackageDependency {
	manifest := p.Plugin
	if manifest == nil {
		if withoutPlugin[p.Name] {
			return nil
		}
		manifest = &plugin.PulumiPluginJSON{Resource: true}
	}
	if !manifest.Resource {
		return nil
	}
	name, number := manifest.Name, manifest.Version
	if name == "" {
		name = strings.TrimPrefix(p.Name, "pulumi-")
	}
	if number == "" {
		number = p.Version
	}
	if number == "" {
		return nil
	}
	return &pulumirpc.PackageDependency{
		Name: name, Version: "v" + strings.TrimPrefix(number, "v"), Kind: "resource", Server: manifest.Server,
		Parameterization: parameterization(manifest.Parameterization),
		Extension:        parameterization(manifest.ExtensionParameterization),
	}
}

func parameterization(given *plugin.PulumiParameterizationJSON) *pulumirpc.PackageParameterization {
	if given == nil {
		return nil
	}
	return &pulumirpc.PackageParameterization{Name: given.Name, Version: given.Version, Value: given.Value}
}

// engineLog shows text as passing messages of the engine.
type engineLog struct {
	ctx        context.Context
	connection *grpc.ClientConn
	stream     int32
}

func (h *host) engineLog(ctx context.Context) (*engineLog, error) {
	h.mutex.Lock()
	address := h.engineAddress
	h.mutex.Unlock()
	if address == "" {
		return nil, errors.New("the engine's address is not known: attach with a Handshake first")
	}
	connection, err := grpc.NewClient(address,
		grpc.WithTransportCredentials(insecure.NewCredentials()), rpcutil.GrpcChannelOptions())
	if err != nil {
		return nil, fmt.Errorf("cannot connect to the engine at %s: %w", address, err)
	}
	return &engineLog{ctx: ctx, connection: connection, stream: rand.Int32()}, nil
}

func (l *engineLog) Close() error { return l.connection.Close() }

func (l *engineLog) at(severity pulumirpc.LogSeverity) io.Writer {
	return writerFunc(func(text []byte) (int, error) {
		_, err := pulumirpc.NewEngineClient(l.connection).Log(l.ctx, &pulumirpc.LogRequest{
			Message: strings.ToValidUTF8(string(text), "\uFFFD"), Ephemeral: true, StreamId: l.stream, Severity: severity,
		})
		if err != nil {
			return 0, err
		}
		return len(text), nil
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(text []byte) (int, error) { return f(text) }
