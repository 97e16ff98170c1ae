# In the clean root: the units as systemd reads them, and the commands that they start. systemd does not run here, so that each
# command is started as systemd would start it: by a user without privileges, with the folders and the copies that the unit names.
units=/lib/systemd/system
stay=$units/defenderauth-stay@.service
emulator=$units/defenderauth-emulator.service
state=/var/lib/private
credentials=/run/credentials/defenderauth-stay@agent.service
ca=$state/defenderauth-emulator/ca.pem
# Of those that systemd gives to such services.
user=61184

# Only in the background: it becomes the command, so that signals reach that.
as_service() { exec setpriv --reuid=$user --regid=$user --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all "$@"; }
command_of() { sed -n 's/^ExecStart=//p' "$1" | sed "s#%S#$state#g; s#%i#agent#; s#%d#$credentials#; s#\$OPTIONS#${2-}#"; }
wait_for() { for _ in $(seq 300); do if "$@"; then return; fi; sleep 0.1; done; return 1; }

# Where something fails, nothing stays behind and both say why.
serving= staying=
ended() { status=$?; test $status = 0 || { kill $serving $staying; cat ./*.log; } }
trap ended EXIT

# No installation enables a service, and what the administrator enables is found at the end.
test -z "$(find /etc/systemd -name '*defenderauth*')"
systemctl enable defenderauth-stay@agent
for unit in "$stay" "$emulator"; do
    systemd-analyze verify --man=no "$unit"
    # In tenths: 2.0 of 10.
    systemd-analyze security --offline=yes --threshold=20 "$unit" | tail -1
done

ip link set lo up
chmod 711 $state
for folder in $state/defenderauth-emulator $state/defenderauth/agent; do
    install -d -m 700 -o $user -g $user $folder
done
mkdir /var/lib/defenderauth
as_service $(command_of "$emulator") 2> emulator.log &
serving=$!
wait_for test -s $ca
install -m 644 $ca ca.pem

# Root's alone, and a copy of the service's.
install -d -m 700 /etc/defenderauth /etc/defenderauth/agent
key=$(grep --max-count=1 '^primary_key' /etc/defenderauth-emulator.toml | cut -d '"' -f 2)
echo "HostName=contoso.azure-devices.net;DeviceId=dev-01;SharedAccessKey=$key" > /etc/defenderauth/agent/connection_string.txt
chmod 600 /etc/defenderauth/agent/connection_string.txt
install -d -m 500 -o $user $credentials
install -m 400 -o $user /etc/defenderauth/agent/connection_string.txt $credentials
chmod 711 /run/credentials
as_service $(command_of "$stay" "--endpoint contoso.azure-devices.net=127.0.0.1:8883 --ca-file $PWD/ca.pem") > stay.log 2>&1 &
staying=$!
wait_for grep ' connected as contoso.azure-devices.net/devices/dev-01 ' stay.log

# Each ends by itself when it is asked to.
kill -TERM $staying
wait $staying
grep 'disconnected by SIGTERM' stay.log
test -n "$(ls -A $state/defenderauth/agent)"
kill -HUP $serving
wait_for grep 'reloaded /etc/defenderauth-emulator.toml' emulator.log
kill -TERM $serving
wait $serving
rm -r /run/credentials
