package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/version"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
	"google.golang.org/protobuf/types/known/emptypb"
)

// errDebugging answers requests to start something under a debugger.
var errDebugging = errors.New("this Python language host cannot attach a debugger (debugpy): " +
	"run without --attach-debugger, or use the host of the official Pulumi distribution")

// host answers the engine. Methods that only generate code in other languages stay unimplemented.
type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer

	executor string
	tracing  string

	// lifetime ends when the host ends; every child process hangs on it.
	lifetime context.Context

	mutex         sync.Mutex
	engineAddress string
	// operations are the running child processes' cancel functions, by number.
	operations map[int]context.CancelFunc
	next       int
}

func newHost(lifetime context.Context, executor, tracing, engineAddress string) *host {
	return &host{
		executor: executor, tracing: tracing, lifetime: lifetime, engineAddress: engineAddress,
		operations: map[int]context.CancelFunc{},
	}
}

// operation derives the context of one call: it ends with the call, the host, or a Cancel request.
func (h *host) operation(call context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(call)
	detach := context.AfterFunc(h.lifetime, cancel)
	h.mutex.Lock()
	defer h.mutex.Unlock()
	number := h.next
	h.next++
	h.operations[number] = cancel
	return ctx, func() {
		detach()
		cancel()
		h.mutex.Lock()
		defer h.mutex.Unlock()
		delete(h.operations, number)
	}
}

// Handshake tells a host to which somebody attached where the engine is.
func (h *host) Handshake(
	_ context.Context, request *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.engineAddress = request.GetEngineAddress()
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

// GetPluginInfo returns the version of the SDK that this host is built from.
func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version.Version}, nil
}

// About returns the interpreter that a project uses, its version and its package manager.
func (h *host) About(ctx context.Context, request *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	found, options, err := resolve(request.GetInfo())
	if err != nil {
		return nil, err
	}
	info, err := found.About(ctx)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.AboutResponse{
		Executable: info.PythonExecutable,
		Version:    info.PythonVersion.String(),
		Metadata: map[string]string{
			"toolchain":        toolchain.Name(options.Toolchain),
			"toolchainVersion": info.ToolchainVersion.String(),
			"typechecker":      toolchain.TypeCheckerName(options.Typechecker),
		},
	}, nil
}

// GetProgramDependencies lists the installed Python packages of a project.
func (h *host) GetProgramDependencies(
	ctx context.Context, request *pulumirpc.GetProgramDependenciesRequest,
) (*pulumirpc.GetProgramDependenciesResponse, error) {
	found, _, err := resolve(request.GetInfo())
	if err != nil {
		return nil, err
	}
	packages, err := found.ListPackages(ctx, request.GetTransitiveDependencies())
	if err != nil {
		return nil, fmt.Errorf("cannot list the installed Python packages: %w", err)
	}
	response := &pulumirpc.GetProgramDependenciesResponse{}
	for _, item := range packages {
		response.Dependencies = append(response.Dependencies,
			&pulumirpc.DependencyInfo{Name: item.Name, Version: item.Version})
	}
	return response, nil
}

// InstallDependencies makes a project's virtual environment and installs what the project asks for.
func (h *host) InstallDependencies(
	request *pulumirpc.InstallDependenciesRequest, stream pulumirpc.LanguageRuntime_InstallDependenciesServer,
) error {
	ctx, done := h.operation(stream.Context())
	defer done()
	find := func() (toolchain.Toolchain, toolchain.PythonOptions, error) { return resolve(request.GetInfo()) }
	if request.GetIsPlugin() {
		find = func() (toolchain.Toolchain, toolchain.PythonOptions, error) {
			return resolvePlugin(ctx, request.GetInfo())
		}
	}
	found, _, err := find()
	if err != nil {
		return err
	}
	closer, stdout, stderr, err := rpcutil.MakeInstallDependenciesStreams(stream, request.GetIsTerminal())
	if err != nil {
		return err
	}
	defer closer.Close()
	if _, err := io.WriteString(stdout, "Installing dependencies...\n\n"); err != nil {
		return err
	}
	if err := found.InstallDependencies(ctx, request.GetInfo().GetProgramDirectory(),
		request.GetUseLanguageVersionTools(), true, stdout, stderr); err != nil {
		return err
	}
	if _, err := io.WriteString(stdout, "Finished installing dependencies\n\n"); err != nil {
		return err
	}
	return closer.Close()
}

// RuntimeOptionsPrompts asks a new project for its package manager and, with pip, its virtual environment.
func (h *host) RuntimeOptionsPrompts(
	_ context.Context, request *pulumirpc.RuntimeOptionsRequest,
) (*pulumirpc.RuntimeOptionsResponse, error) {
	given := request.GetInfo().GetOptions().AsMap()
	value := func(name string) *pulumirpc.RuntimeOptionPrompt_RuntimeOptionValue {
		return &pulumirpc.RuntimeOptionPrompt_RuntimeOptionValue{
			PromptType: pulumirpc.RuntimeOptionPrompt_STRING, StringValue: name, DisplayName: name,
		}
	}
	prompt := func(
		key, description string, first string, others ...*pulumirpc.RuntimeOptionPrompt_RuntimeOptionValue,
	) *pulumirpc.RuntimeOptionsResponse {
		return &pulumirpc.RuntimeOptionsResponse{Prompts: []*pulumirpc.RuntimeOptionPrompt{{
			Key: key, Description: description, PromptType: pulumirpc.RuntimeOptionPrompt_STRING,
			Choices: append([]*pulumirpc.RuntimeOptionPrompt_RuntimeOptionValue{value(first)}, others...),
			Default: value(first),
		}}}
	}
	manager, chosen := given["toolchain"]
	if !chosen {
		return prompt("toolchain", "The toolchain to use for installing dependencies and running the program",
			"pip", plugin.MakeExecutablePromptChoices("poetry", "uv")...), nil
	}
	if _, named := given["virtualenv"]; manager == "pip" && !named {
		return prompt("virtualenv", "The virtualenv to use", "venv"), nil
	}
	return &pulumirpc.RuntimeOptionsResponse{}, nil
}

// Template adapts a project that was just made from a template to its package manager.
func (h *host) Template(
	ctx context.Context, request *pulumirpc.TemplateRequest,
) (*pulumirpc.TemplateResponse, error) {
	found, _, err := resolve(request.GetInfo())
	if err != nil {
		return nil, err
	}
	if err := found.PrepareProject(ctx, request.GetProjectName(), request.GetInfo().GetProgramDirectory(),
		false, io.Discard, io.Discard); err != nil {
		return nil, err
	}
	return &pulumirpc.TemplateResponse{}, nil
}

// Cancel ends everything that this host runs at the moment.
func (h *host) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	for _, cancel := range h.operations {
		cancel()
	}
	return &emptypb.Empty{}, nil
}
