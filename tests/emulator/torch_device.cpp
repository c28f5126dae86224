// What torch's CPU build lacks to hold tensors on "cuda:0": a guard of that device for its autograd, and the answer that this is
// the accelerator, of CUDA's kind. Everything that a real guard would do to a device is done at once here, so it has nothing to do.
// Loaded before torch (tests/emulator/torch_device.py), for all to see: so torch finds these two functions, not its own.
#define torchCheckFail emulated_check_fail     // this library must need no symbol of torch
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>

namespace c10::detail {
[[noreturn]] void emulated_check_fail(const char*, const char*, uint32_t, const char*) { __builtin_trap(); }
}

using c10::Device;
using c10::DeviceIndex;
using c10::DeviceType;
using c10::Stream;

static const Device device{DeviceType::CUDA, 0};
static const Stream stream{Stream::DEFAULT, device};

struct Guard final : c10::impl::DeviceGuardImplInterface {
    static void operator delete(void*) {}

    DeviceType type() const override { return DeviceType::CUDA; }
    DeviceIndex deviceCount() const noexcept override { return 1; }
    c10::DeviceCapability getDeviceCapability(Device) const override { return {}; }

    Device exchangeDevice(Device) const override { return device; }
    Device getDevice() const override { return device; }
    void setDevice(Device) const override {}
    void uncheckedSetDevice(Device) const noexcept override {}
    void synchronizeDevice(DeviceIndex) const override {}

    Stream getStream(Device) const override { return stream; }
    Stream getDefaultStream(Device) const override { return stream; }
    Stream getNewStream(Device, int) const override { return stream; }
    Stream getStreamFromGlobalPool(Device, bool) const override { return stream; }
    Stream exchangeStream(Stream) const override { return stream; }
    void* getStreamNativeHandle(Stream) const override { return nullptr; }
    bool queryStream(const Stream&) const override { return true; }
    void synchronizeStream(const Stream&) const override {}
    bool isStreamCapturing(const Stream&) const override { return false; }
    void recordDataPtrOnStream(const c10::DataPtr&, const Stream&) const override {}

    void record(void** event, const Stream&, DeviceIndex, c10::EventFlag) const override {
        static char an_event;
        *event = &an_event;
    }
    void block(void*, const Stream&) const override {}
    bool queryEvent(void*) const override { return true; }
    void destroyEvent(void*, DeviceIndex) const noexcept override {}
    void synchronizeEvent(void*) const override {}
    double elapsedTime(void*, void*, DeviceIndex) const override { return 0; }
};

extern "C" __attribute__((visibility("default"))) const void* emulated_guard() {
    static Guard guard;
    return &guard;
}

struct Hooks final : at::CUDAHooksInterface {
    static void operator delete(void*) {}

    bool hasCUDA() const override { return true; }
    bool isAvailable() const override { return true; }
    void init() const override {}
    DeviceIndex deviceCount() const override { return 1; }
    DeviceIndex getCurrentDevice() const override { return 0; }
    bool hasPrimaryContext(DeviceIndex) const override { return true; }
};

namespace at::detail {
__attribute__((visibility("default"))) const CUDAHooksInterface& getCUDAHooks() {
    static const Hooks hooks;
    return hooks;
}
}
namespace at::accelerator {
__attribute__((visibility("default"))) std::optional<DeviceType> getAccelerator(bool) { return DeviceType::CUDA; }
}
