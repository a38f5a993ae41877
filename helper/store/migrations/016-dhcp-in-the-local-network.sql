-- Whoever asks a network for an address asks somebody in it, or everybody: no app sends elsewhere by these rules.
UPDATE rules SET zone = 'local' WHERE origin = 'factory' AND name IN ('factory:dhcp', 'factory:dhcp6');
