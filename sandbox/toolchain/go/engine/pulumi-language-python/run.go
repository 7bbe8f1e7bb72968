package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
)

// exitAfterMessage is the executor's exit code for «the user has been told what is wrong» (bail out quietly).
const exitAfterMessage = 32

// killDelay is how long a child may take to end after it was asked to, before it is killed.
const killDelay = 5 * time.Second

// Run executes a program and answers how it ended.
func (h *host) Run(call context.Context, request *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	if request.GetAttachDebugger() {
		return &pulumirpc.RunResponse{Error: errDebugging.Error()}, nil
	}
	ctx, done := h.operation(call)
	defer done()
	found, options, err := resolve(request.GetInfo())
	if err != nil {
		return nil, err
	}
	if err := found.ValidateVenv(ctx); err != nil {
		return nil, err
	}
	if err := checkTypes(ctx, found, options); err != nil {
		return nil, err
	}
	command, err := found.Command(ctx, append([]string{h.executor}, h.programArguments(request)...)...)
	if err != nil {
		return nil, err
	}
	if command.Env == nil {
		command.Env = os.Environ()
	}
	if command.Env, err = withConfiguration(command.Env, request.GetConfig(), request.GetConfigSecretKeys()); err != nil {
		return nil, err
	}
	endGently(command)
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	return programResult(command.Run()), nil
}

// programArguments are the executor's flags, the program and the program's own arguments.
func (h *host) programArguments(request *pulumirpc.RunRequest) []string {
	h.mutex.Lock()
	engine := h.engineAddress
	h.mutex.Unlock()
	var arguments []string
	for _, flag := range [][2]string{
		{"monitor", request.GetMonitorAddress()},
		{"engine", engine},
		{"project", request.GetProject()},
		{"root_directory", request.GetInfo().GetRootDirectory()},
		{"stack", request.GetStack()},
		{"pwd", request.GetPwd()},
		{"dry_run", strconv.FormatBool(request.GetDryRun())},
		{"parallel", strconv.Itoa(int(request.GetParallel()))},
		{"tracing", h.tracing},
		{"organization", request.GetOrganization()},
	} {
		if flag[1] != "" {
			arguments = append(arguments, "--"+flag[0], flag[1])
		}
	}
	// the entry point is relative to the program's directory, «.» for its __main__.py
	program := filepath.Join(request.GetInfo().GetProgramDirectory(), request.GetInfo().GetEntryPoint())
	return append(append(arguments, program), request.GetArgs()...)
}

// withConfiguration adds the variables in which the Python SDK expects a stack's configuration.
func withConfiguration(environment []string, values map[string]string, secretKeys []string) ([]string, error) {
	for _, item := range []struct {
		name  string
		value any
		given bool
	}{
		{"PULUMI_CONFIG", values, values != nil},
		{"PULUMI_CONFIG_SECRET_KEYS", secretKeys, secretKeys != nil},
	} {
		if !item.given {
			continue
		}
		encoded, err := json.Marshal(item.value)
		if err != nil {
			return nil, fmt.Errorf("cannot encode %s: %w", item.name, err)
		}
		environment = append(environment, item.name+"="+string(encoded))
	}
	return environment, nil
}

// checkTypes runs the project's type checker; its findings go to the user, who gets an error here.
func checkTypes(ctx context.Context, found toolchain.Toolchain, options toolchain.PythonOptions) error {
	var name string
	var arguments []string
	switch options.Typechecker {
	case toolchain.TypeCheckerMypy:
		name = "mypy"
		environment, err := found.VirtualEnvPath(ctx)
		if err != nil {
			return err
		}
		if relative, err := filepath.Rel(options.ProgramDir, environment); environment != "" && err == nil {
			arguments = append(arguments, "--exclude", relative)
		}
	case toolchain.TypeCheckerPyright:
		name = "pyright"
	default:
		return nil
	}
	command, err := found.ModuleCommand(ctx, name, append(arguments, options.ProgramDir)...)
	if err != nil {
		return err
	}
	command.Dir = options.ProgramDir
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("the type checker %s refuses the program (is %s installed in its environment?): %w",
			name, name, err)
	}
	return nil
}

// endGently asks a cancelled child to end before it is killed.
func endGently(command *exec.Cmd) {
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = killDelay
}

// programResult tells the engine how a program ended.
func programResult(err error) *pulumirpc.RunResponse {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}
	case !errors.As(err, &exit):
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("cannot run the program's Python: %v", err)}
	case exit.ExitCode() == exitAfterMessage:
		return &pulumirpc.RunResponse{Bail: true}
	case exit.ExitCode() >= 0:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("program exited with non-zero exit code: %d", exit.ExitCode())}
	default: // ended by a signal
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("program exited unexpectedly: %v", exit)}
	}
}
