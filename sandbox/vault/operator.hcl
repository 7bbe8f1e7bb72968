# What provisioning a client's place on the server needs, and no more: it cannot read application secrets, nor change
# what it may itself do.
path "sys/capabilities-self"     { capabilities = ["update"] }

# Namespaces, and in every namespace (the path's first part): engines, login methods, policies.
path "sys/namespaces"            { capabilities = ["list"] }
path "sys/namespaces/*"          { capabilities = ["create", "read", "update", "delete", "list"] }
path "+/sys/mounts"              { capabilities = ["read", "list"] }
path "+/sys/mounts/*"            { capabilities = ["create", "read", "update", "delete"] }
path "+/sys/auth"                { capabilities = ["read", "list"] }
path "+/sys/auth/*"              { capabilities = ["create", "read", "update", "delete", "sudo"] }
path "+/sys/policies/acl/*"      { capabilities = ["create", "read", "update", "delete", "list"] }
path "+/auth/+/config"           { capabilities = ["create", "read", "update"] }
path "+/auth/+/role/*"           { capabilities = ["create", "read", "update", "delete", "list"] }
path "+/+/config"                { capabilities = ["create", "read", "update"] }
path "+/+/metadata/*"            { capabilities = ["list"] }

# The same without namespaces, where a client's paths begin with its prefix.
path "sys/mounts"                { capabilities = ["read", "list"] }
path "sys/mounts/*"              { capabilities = ["create", "read", "update", "delete"] }
path "sys/auth"                  { capabilities = ["read", "list"] }
path "sys/auth/*"                { capabilities = ["create", "read", "update", "delete", "sudo"] }
path "sys/policies/acl/*"        { capabilities = ["create", "read", "update", "delete", "list"] }
path "auth/+/+/config"           { capabilities = ["create", "read", "update"] }
path "auth/+/+/role/*"           { capabilities = ["create", "read", "update", "delete", "list"] }

# Its own policy is the server's owner's.
path "sys/policies/acl/freehold-provision" { capabilities = ["read"] }
