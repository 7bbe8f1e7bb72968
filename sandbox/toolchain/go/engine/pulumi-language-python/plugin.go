package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/pulumi/pulumi/sdk/v3"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
)

// RunPlugin runs a policy pack or another plugin written in Python and streams its output to the engine.
func (h *host) RunPlugin(request *pulumirpc.RunPluginRequest, stream pulumirpc.LanguageRuntime_RunPluginServer) error {
	if request.GetAttachDebugger() {
		return errDebugging
	}
	ctx, done := h.operation(stream.Context())
	defer done()
	closer, stdout, stderr, err := rpcutil.MakeRunPluginStreams(stream, false)
	if err != nil {
		return err
	}
	defer closer.Close()
	if request.GetKind() == string(apitype.AnalyzerPlugin) {
		err = runPolicyPack(ctx, request, stdout, stderr)
	} else {
		err = runPlugin(ctx, request, stdout, stderr)
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return stream.Send(&pulumirpc.RunPluginResponse{
			Output: &pulumirpc.RunPluginResponse_Exitcode{Exitcode: int32(exit.ExitCode())},
		})
	}
	if err != nil {
		return err
	}
	return closer.Close()
}

// runPolicyPack runs a pack with its own runtime options, in its own directory.
//
// The Python policy SDK reads the stack from its environment when it starts, whereas the engine tells it afterwards:
// the SDK's proxy takes the engine's call, and only then is the pack started and connected.
func runPolicyPack(ctx context.Context, request *pulumirpc.RunPluginRequest, stdout, stderr io.Writer) error {
	found, _, err := resolve(request.GetInfo())
	if err != nil {
		return err
	}
	if err := found.ValidateVenv(ctx); err != nil {
		return fmt.Errorf("policy pack %s: %w", request.GetInfo().GetProgramDirectory(), err)
	}
	proxy, packOutput, err := sdk.NewPolicyProxy(ctx, stdout)
	if err != nil {
		return fmt.Errorf("cannot start the policy pack's proxy: %w", err)
	}
	stack, err := proxy.AwaitConfiguration(ctx)
	if err != nil {
		return fmt.Errorf("the engine sent no stack configuration for the policy pack: %w", err)
	}
	directory := request.GetInfo().GetProgramDirectory()
	arguments := append([]string{"-u", "-m", "pulumi.policy"}, append(request.GetArgs(), directory)...)
	command, err := pluginCommand(ctx, found, request, arguments)
	if err != nil {
		return err
	}
	command.Dir = directory
	command.Stdout, command.Stderr = packOutput, stderr
	if stack != nil {
		for name, value := range map[string]string{
			"PULUMI_ORGANIZATION": stack.GetOrganization(),
			"PULUMI_PROJECT":      stack.GetProject(),
			"PULUMI_STACK":        stack.GetStack(),
			"PULUMI_DRY_RUN":      strconv.FormatBool(stack.GetDryRun()),
		} {
			if value != "" {
				command.Env = append(command.Env, name+"="+value)
			}
		}
		command.Env, err = withConfiguration(command.Env, stack.GetConfig(), stack.GetConfigSecretKeys())
		if err != nil {
			return err
		}
	}
	if err := command.Start(); err != nil {
		return fmt.Errorf("cannot run the policy pack's Python: %w", err)
	}
	return proxy.Attach(ctx, command)
}

// runPlugin runs a plugin's __main__.py, or its installable package through the SDK's entry point.
func runPlugin(ctx context.Context, request *pulumirpc.RunPluginRequest, stdout, stderr io.Writer) error {
	found, options, err := resolvePlugin(ctx, request.GetInfo())
	if err != nil {
		return err
	}
	if err := found.ValidateVenv(ctx); err != nil {
		return err
	}
	arguments := []string{request.GetInfo().GetProgramDirectory()}
	if _, err := os.Stat(filepath.Join(options.Root, "__main__.py")); errors.Is(err, os.ErrNotExist) {
		buildable, err := toolchain.IsBuildablePackage(options.Root)
		if err != nil {
			return err
		}
		if !buildable {
			return fmt.Errorf("plugin %s cannot run: it has neither a __main__.py nor a pyproject.toml "+
				"with a project name and a build backend", options.Root)
		}
		project, err := toolchain.LoadPyproject(options.Root)
		if err != nil {
			return err
		}
		arguments = []string{"-m", "pulumi.run.plugin", project.Project.Name}
	} else if err != nil {
		return err
	}
	command, err := pluginCommand(ctx, found, request, append(arguments, request.GetArgs()...))
	if err != nil {
		return err
	}
	command.Dir = request.GetPwd()
	command.Stdout, command.Stderr = stdout, stderr
	return command.Run()
}

// pluginCommand is the toolchain's Python with the engine's environment, in which the virtual environment is active.
func pluginCommand(
	ctx context.Context, found toolchain.Toolchain, request *pulumirpc.RunPluginRequest, arguments []string,
) (*exec.Cmd, error) {
	command, err := found.Command(ctx, arguments...)
	if err != nil {
		return nil, err
	}
	environment := request.GetEnv()
	if len(environment) == 0 {
		environment = os.Environ()
	}
	path, err := found.VirtualEnvPath(ctx)
	if err != nil {
		return nil, err
	}
	if path != "" {
		environment = toolchain.ActivateVirtualEnv(environment, path)
	}
	command.Env = environment
	endGently(command)
	return command, nil
}
