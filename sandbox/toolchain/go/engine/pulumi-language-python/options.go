package main

import (
	"context"
	"fmt"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
)

// parseOptions reads `runtime.options` of Pulumi.yaml, PulumiPolicy.yaml or PulumiPlugin.yaml.
//
// Options that it does not know are left alone, as other hosts may know them.
func parseOptions(info *pulumirpc.ProgramInfo) (toolchain.PythonOptions, error) {
	parsed := toolchain.PythonOptions{Root: info.GetRootDirectory(), ProgramDir: info.GetProgramDirectory()}
	given := info.GetOptions().AsMap()

	var err error
	if parsed.Virtualenv, err = text(given, "virtualenv"); err != nil {
		return parsed, err
	}
	checker, err := text(given, "typechecker")
	if err != nil {
		return parsed, err
	}
	switch checker {
	case "":
		parsed.Typechecker = toolchain.TypeCheckerNone
	case "mypy":
		parsed.Typechecker = toolchain.TypeCheckerMypy
	case "pyright":
		parsed.Typechecker = toolchain.TypeCheckerPyright
	default:
		return parsed, fmt.Errorf("runtime option typechecker is %q: it must be mypy or pyright", checker)
	}
	manager, err := text(given, "toolchain")
	if err != nil {
		return parsed, err
	}
	switch manager {
	case "":
		parsed.Toolchain = toolchain.Auto
	case "pip":
		parsed.Toolchain = toolchain.Pip
	case "poetry":
		parsed.Toolchain = toolchain.Poetry
	case "uv":
		parsed.Toolchain = toolchain.Uv
	default:
		return parsed, fmt.Errorf("runtime option toolchain is %q: it must be pip, poetry or uv", manager)
	}
	return parsed, nil
}

// text returns a string option, empty where it is not given.
func text(options map[string]any, key string) (string, error) {
	value, given := options[key]
	if !given {
		return "", nil
	}
	found, ok := value.(string)
	if !ok {
		return "", fmt.Errorf("runtime option %s is %v: it must be a string", key, value)
	}
	return found, nil
}

// resolve finds the Python toolchain that a project's options describe.
func resolve(info *pulumirpc.ProgramInfo) (toolchain.Toolchain, toolchain.PythonOptions, error) {
	options, err := parseOptions(info)
	if err != nil {
		return nil, options, err
	}
	found, err := toolchain.ResolveToolchain(options)
	return found, options, err
}

// resolvePlugin is resolve for plugins, which have an environment of their own: `venv` unless they name another.
func resolvePlugin(
	ctx context.Context, info *pulumirpc.ProgramInfo,
) (toolchain.Toolchain, toolchain.PythonOptions, error) {
	found, options, err := resolve(info)
	if err != nil {
		return nil, options, err
	}
	// only pip without the option answers with no environment at all
	if path, err := found.VirtualEnvPath(ctx); err != nil || path != "" {
		return found, options, err
	}
	options.Virtualenv = "venv"
	found, err = toolchain.ResolveToolchain(options)
	return found, options, err
}
