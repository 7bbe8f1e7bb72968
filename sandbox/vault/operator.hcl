# What provisioning a client's namespace needs. Paths start with the client's namespace (OpenBao, Vault Enterprise);
# the second half repeats them for servers without namespaces. It cannot read application secrets.
path "sys/namespaces"            { capabilities = ["list"] }
path "sys/namespaces/*"          { capabilities = ["create", "read", "update", "delete", "list"] }
path "sys/capabilities-self"     { capabilities = ["update"] }

path "+/sys/mounts"              { capabilities = ["read", "list"] }
path "+/sys/mounts/*"            { capabilities = ["create", "read", "update", "delete"] }
path "+/sys/auth"                { capabilities = ["read", "list"] }
path "+/sys/auth/*"              { capabilities = ["create", "read", "update", "delete", "sudo"] }
path "+/sys/policies/acl/*"      { capabilities = ["create", "read", "update", "delete", "list"] }
path "+/auth/+/config"           { capabilities = ["create", "read", "update"] }
path "+/auth/+/role/*"           { capabilities = ["create", "read", "update", "delete", "list"] }
path "+/+/config"                { capabilities = ["create", "read", "update"] }
path "+/+/metadata/*"            { capabilities = ["list"] }

path "sys/mounts"                { capabilities = ["read", "list"] }
path "sys/mounts/*"              { capabilities = ["create", "read", "update", "delete"] }
path "sys/auth"                  { capabilities = ["read", "list"] }
path "sys/auth/*"                { capabilities = ["create", "read", "update", "delete", "sudo"] }
path "sys/policies/acl/*"        { capabilities = ["create", "read", "update", "delete", "list"] }
path "auth/+/config"             { capabilities = ["create", "read", "update"] }
path "auth/+/role/*"             { capabilities = ["create", "read", "update", "delete", "list"] }
