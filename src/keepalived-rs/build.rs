//! Passes the order of functions to the linker: see `layout.ld`.

fn main() {
    println!("cargo:rerun-if-changed=layout.ld");
    println!("cargo:rerun-if-changed=build.rs");
    let layout = std::path::absolute("layout.ld").expect("a package has a directory");
    println!(
        "cargo:rustc-link-arg-bin=keepalived-rs=-Wl,-T,{}",
        layout.display()
    );
}
