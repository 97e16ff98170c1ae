# In a clean root: installs the packages, uses each of them, and removes them. Its arguments are the names of the packages.
export DEBIAN_FRONTEND=noninteractive
cd /packages
mkdir -p /var/lib/private
list() { find / -xdev \( -path /proc -o -path /sys -o -path /run/systemd -o -path /packages -o -path /tmp -o -path /var/lib/dpkg -o -path /var/log -o -path /var/cache \) -prune -o -print | sort; }
list > /tmp/before
dpkg --install ./*.deb

# A program in C, by pkg-config, static, and by CMake.
cc agent.c $(pkg-config --cflags --libs defenderauth) -o shared
cc -static agent.c $(pkg-config --static --cflags --libs defenderauth) -o static
cmake -S . -B build
cmake --build build
for program in ./shared ./static build/agent build/agent-static; do
    $program | grep 'SharedAccessSignature sr=hub.example'
done
cc -c /usr/share/doc/libdefenderauth-dev/examples/module_key.c -o /dev/null

# The command, and the emulator's configuration.
echo 'HostName=hub.example;DeviceId=dev-01;SharedAccessKey=a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2U=' > string
chmod 600 string
defenderauth token --ttl 1h string | grep 'SharedAccessSignature sr=hub.example'
defender-auth-emulator --version
test -f /etc/defenderauth-emulator.toml
sh -eu services.sh

# Nothing of them remains but what is the administrator's.
dpkg --purge "$@"
test -f /etc/defenderauth/agent/connection_string.txt
rm -r /etc/defenderauth
list > /tmp/after
diff /tmp/before /tmp/after
